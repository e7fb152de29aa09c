# The bot for production: `docker build -t walltime .`, then
# `docker run --env-file walltime.env -v walltime:/data walltime`.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements ./requirements
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt \
    && rm /venv/lib/python*/site-packages/pylopdf_fonts_zh_cn/NotoSerifSC-Regular.otf \
    && pip install --no-cache-dir --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /venv/bin/pip install --no-cache-dir --no-deps /wheel/*.whl

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home walltime && install -d -o walltime -m 700 /data
COPY --from=build /venv /venv
USER walltime
VOLUME /data
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 WALLTIME_DATA_DIR=/data WALLTIME_HTTP_HOST=0.0.0.0
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["walltime-bot"]
CMD ["run"]
