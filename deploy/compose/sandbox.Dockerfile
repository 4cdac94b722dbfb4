# The sandbox: local chains, exchanges and aggregators for trying the daemon. It holds well-known keys and all tools, and
# is an image of its own, of which nothing reaches the daemon's.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE}
WORKDIR /src
COPY package.json package-lock.json ./
# The secret npm_ca is an extra certificate authority for npm; it is read during this step and reaches no layer.
RUN --mount=type=secret,id=npm_ca --mount=type=cache,target=/root/.npm \
    if [ -s /run/secrets/npm_ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/npm_ca; fi; \
    npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src ./src
COPY sandbox ./sandbox
# Contracts are compiled here, because nothing can be written later. A volume takes its owner from the folder.
RUN node --import tsx --eval "(await import('./sandbox/solidity.ts')).loadContracts()" \
    && install -d -o 65532 -g 65532 /world
ENV HOME=/tmp
USER 65532:65532
ENTRYPOINT ["node", "--import", "tsx", "sandbox/main.ts", "--dir", "/world"]
