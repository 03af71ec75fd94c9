# One image for all processes: docker run helpline channel | worker | console | actions | migrate.
FROM python:3.10-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /srv/helpline
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE alembic.ini config.yml domain.yml endpoints.yml credentials.yml ./
COPY actions actions
COPY data data
COPY helpline helpline
RUN pip install --no-deps --no-build-isolation --editable .
# The model and the samples of languages are made here, because nothing may be written where it runs.
ENV RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=3
RUN mkdir -p models var && python -m helpline train && python -c "from helpline import turn; turn.warm()" && rm -rf .rasa

FROM python:3.10-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin helpline
COPY --from=build /opt/venv /opt/venv
COPY --from=build --chown=root:root /srv/helpline /srv/helpline
# Only this folder may be written, and only SQLite needs it: with PostgreSQL the file system is read-only.
RUN mkdir -p /srv/helpline/var/data && chown 10001:10001 /srv/helpline/var/data
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp MPLCONFIGDIR=/tmp \
    RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=3 MALLOC_ARENA_MAX=2 \
    BIND=0.0.0.0 DATABASE_URL=sqlite:////srv/helpline/var/data/helpline.db
WORKDIR /srv/helpline
USER 10001
EXPOSE 5005 8070 8080
ENTRYPOINT ["python", "-m", "helpline"]
CMD ["--help"]
