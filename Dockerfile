# One image for every service; the command says which, such as `python -m workers cheese`.
FROM python:3.13-slim AS build
WORKDIR /app
RUN python -m venv --without-pip /opt/venv
COPY requirements.txt requirements-librdkafka.txt /
# Wheels alone, so no compiler is needed; all code is compiled now, for later nothing can be written.
RUN pip --python /opt/venv install --no-cache-dir --only-binary :all: --require-hashes --compile \
    -r /requirements.txt -r /requirements-librdkafka.txt
COPY api api
COPY cli cli
COPY joiner joiner
COPY pizzeria pizzeria
COPY pyproject.toml .
COPY reporter reporter
COPY workers workers
# A checkout may be readable by its owner alone.
RUN python -m compileall -q . && chmod -R a+rX .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="pizzeria" org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"
# No service writes a file: the root file system may be read-only.
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 HTTP_HOST=0.0.0.0
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
STOPSIGNAL SIGTERM
CMD ["python", "-m", "pizzeria", "--help"]
