# Build stage: any Node 24 image with npm and a shell. Runtime stage: Node 24 and what it links to, without shell and
# package manager: there is nothing in it to run but the daemon. Both can be replaced, for example by mirrors; Node has to
# be on the path or at /nodejs/bin/node. A release pins both by digest.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
# The secret npm_ca is an extra certificate authority for npm; it is read during this step and reaches no layer.
RUN --mount=type=secret,id=npm_ca --mount=type=cache,target=/root/.npm \
    if [ -s /run/secrets/npm_ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/npm_ca; fi; \
    npm ci --ignore-scripts --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY scripts/shipped-modules.mjs scripts/prune-modules.mjs scripts/
COPY src ./src
COPY LICENSE ./
# The keys of the development signer are known to everybody: no image can sign with them. Modes of files are the same
# whatever those of the checkout are.
RUN npm run build \
    && rm dist/adapters/signers/development-signer.js dist/adapters/signers/development-signer.js.map \
    && node scripts/prune-modules.mjs /src \
    && chmod -R u=rwX,go=rX package.json LICENSE node_modules dist

FROM ${RUNTIME_IMAGE} AS runtime
ENV NODE_ENV=production PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
# Copies make /app, so that it is root's: WORKDIR alone would make it the user's with some builders.
COPY --from=build --chown=0:0 /src/package.json /src/LICENSE /app/
COPY --from=build --chown=0:0 /src/node_modules /app/node_modules
COPY --from=build --chown=0:0 /src/dist /app/dist
WORKDIR /app
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
