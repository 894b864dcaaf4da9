# Caddy without root: its folders belong to the account that runs it, and a new volume takes that over.
FROM caddy:2
RUN mkdir -p /data /config && chown -R 1000:1000 /data /config
USER 1000:1000
