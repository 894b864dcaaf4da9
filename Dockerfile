# The portal's image: web, worker and beat differ by their one argument (docker/entry).
FROM python:3.12-slim-bookworm AS build
WORKDIR /app
COPY requirements.txt requirements-solver.txt ./
# The planner's solver is the worker's alone; the three share an image, so it is in here for all of them.
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements-solver.txt

FROM python:3.12-slim-bookworm
RUN groupadd --gid 1000 portal && useradd --uid 1000 --gid 1000 --no-create-home portal \
    && install -d -o portal -g portal /var/lib/set-portal
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORTAL_ENV_FILES=0
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
# Static files are named by their content here, once; the values below are for this step alone.
RUN DEBUG=0 SECRET_KEY=only-for-collecting-static-files-0123456789-abcdefghijklm ALLOWED_HOSTS=localhost \
    PORTAL_BASE_URL=https://localhost DATABASE_URL=postgresql://x@x/x REDIS_URL=redis://x/0 \
    python manage.py collectstatic --noinput -v 0
USER portal
VOLUME /var/lib/set-portal
EXPOSE 8000
ENTRYPOINT ["/app/docker/entry"]
CMD ["web"]
