# Build stage: any Node 24 image with npm and a shell. Runtime stage: any image with Node 24 on its path or at
# /nodejs/bin/node; one without a shell, such as a distroless one, is the better choice. Both can be replaced, for
# example by mirrors, and a release pins both by digest.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
# The secret npm_ca is an extra certificate authority for npm; it is read during this step and reaches no layer.
RUN --mount=type=secret,id=npm_ca --mount=type=cache,target=/root/.npm \
    if [ -s /run/secrets/npm_ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/npm_ca; fi; \
    npm ci --ignore-scripts --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts --offline --no-audit --no-fund

FROM ${RUNTIME_IMAGE} AS runtime
ENV NODE_ENV=production PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
WORKDIR /app
COPY --from=build --chown=0:0 /src/package.json ./
COPY --chown=0:0 LICENSE ./
COPY --from=build --chown=0:0 /src/node_modules ./node_modules
COPY --from=build --chown=0:0 /src/dist ./dist
# Behind the copies, so that builds of two revisions share them.
ARG VERSION=0.0.0-unreleased
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="evenkeel" \
      org.opencontainers.image.description="Keeps a crypto portfolio on its target weights across EVM chains" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
# The daemon shows it in evenkeel_build_info.
ENV EVENKEEL_REVISION=${REVISION}
USER 65532:65532
EXPOSE 3000 9464
# For docker and compose; Kubernetes uses the probes of the chart. It asks the default metrics port.
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--enable-source-maps", "/app/dist/main.js"]
CMD ["start", "--config", "/etc/evenkeel/evenkeel.yaml"]
