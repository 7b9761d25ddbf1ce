# One image for web, worker and migrate; docker-compose.yml says which command each runs.

FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/tools && python -m venv /opt/countersign
COPY requirements.txt requirements-embedded.txt /build/
WORKDIR /build
RUN /opt/countersign/bin/pip install --require-hashes -r requirements.txt
RUN /opt/tools/bin/pip install --require-hashes -r requirements-embedded.txt
COPY package.json package-lock.json .npmrc ./
COPY tools tools
RUN /opt/tools/bin/python tools/assets.py install
COPY . .
RUN /opt/tools/bin/python tools/assets.py build \
    && /opt/tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/countersign/bin/pip install --no-deps /wheel/*.whl \
    && /opt/countersign/bin/python -m compileall -q /opt/countersign

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin countersign \
    && install --directory --owner countersign /var/lib/countersign/anchors
COPY --from=build /opt/countersign /opt/countersign
ENV PATH=/opt/countersign/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER countersign
WORKDIR /tmp
EXPOSE 8000 9464
CMD ["countersign", "web", "--host", "0.0.0.0"]
