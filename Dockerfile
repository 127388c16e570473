FROM rust:1.95-slim-trixie AS build
WORKDIR /src
COPY . .
# The caches belong to the builder, so the binary is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked --package server && cp target/release/palvelutori /palvelutori

FROM debian:trixie-slim
# Certificates, for mail servers.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin palvelutori \
    && install -d -o palvelutori -g palvelutori /srv/palvelutori/var
COPY --from=build /palvelutori /usr/local/bin/palvelutori
WORKDIR /srv/palvelutori
USER 10001:10001
ENV PALVELUTORI_HTTP__BIND=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["palvelutori", "health"]
ENTRYPOINT ["palvelutori"]
CMD ["serve"]
