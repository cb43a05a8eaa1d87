# The catalogue in one image: `docker build -t service-catalog . && docker run -p 8000:8000 -v catalog:/data service-catalog`
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 CATALOG_DATABASE_URL=sqlite:////data/catalog.db
WORKDIR /app
COPY requirements/runtime.lock requirements/
RUN pip install --require-hashes -r requirements/runtime.lock
COPY pyproject.toml README.md LICENSE ./
COPY service_catalog service_catalog
COPY seed_data seed_data
RUN pip install --no-build-isolation --no-deps . \
 && useradd --system --create-home catalog && mkdir /data && chown catalog /data
USER catalog
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --start-period=60s CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/v1/regions?limit=1', timeout=5)"
CMD ["service-catalog", "serve", "--host", "0.0.0.0", "--port", "8000"]
