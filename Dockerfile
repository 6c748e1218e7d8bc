# One image for all processes; compose.yaml says which one a container runs.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python3 -m venv .venv
COPY requirements.lock requirements-extras.txt ./
RUN .venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
# docker compose build --build-arg EXTRAS=true, for REDIS_URL and SENTRY_DSN.
ARG EXTRAS=false
RUN test $EXTRAS = false || .venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements-extras.txt
COPY manage.py ./
COPY conversations conversations
COPY imsite imsite
COPY locale locale
COPY templates templates
# The image is read-only when it runs. These settings are for this command only, which uses no database.
RUN SECRET_KEY=only-for-collecting-static-files-while-the-image-is-built ALLOWED_HOSTS=localhost DATABASE_URL=sqlite:///:memory: \
    .venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && .venv/bin/python -m compileall -q conversations imsite

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin imsite
WORKDIR /app
COPY --from=build /app ./
ENV PATH=/app/.venv/bin:$PATH DEBUG=false HOST=0.0.0.0 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER imsite
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-m", "imsite.probe", "8000"]
CMD ["python", "-m", "imsite.serve", "web"]
