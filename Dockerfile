# Builds a small image that runs as nobody and writes only to /data.
#   docker build -t offerd .
#   docker run --read-only -p 8484:8484 -v ./keys.yaml:/keys.yaml:ro \
#     -e OFFERD_KEYS=/keys.yaml -e OFFERD_REDIS_URL=redis://redis:6379 offerd
# The service listens for other machines here, so it refuses to start without OFFERD_KEYS.
# Mount your own strategy over /app/rules and /app/models. Without OFFERD_REDIS_URL nothing outlives the container.
FROM node:20-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY src ./src
RUN node src/build.mjs && npm prune --omit=dev

FROM node:20-slim
ENV NODE_ENV=production OFFERD_HOST=0.0.0.0 OFFERD_PORT=8484 OFFERD_DATA=/data
WORKDIR /app
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* \
  && mkdir /data && chown node:node /data
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY rules ./rules
COPY models ./models
USER node
VOLUME /data
EXPOSE 8484
HEALTHCHECK --interval=10s --timeout=2s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.OFFERD_PORT}/livez`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]
