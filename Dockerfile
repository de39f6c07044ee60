# isthmus clean in a container that needs no network, no root, and no disk but the folder of the documents:
#
#     docker build -t isthmus .
#     docker run --rm --network none --read-only --tmpfs /tmp --user "$(id -u):$(id -g)" -v "$PWD:/documents" \
#         isthmus clean scan.pdf -o clean.pdf
FROM python:3.13-slim AS build
COPY . /source
RUN python -m venv /opt/isthmus \
    && /opt/isthmus/bin/python -m pip install --no-cache-dir -c /source/constraints.txt "/source[pages]"

FROM python:3.13-slim
COPY --from=build /opt/isthmus /opt/isthmus
ENV PATH="/opt/isthmus/bin:$PATH"
USER nobody
WORKDIR /documents
ENTRYPOINT ["isthmus"]
CMD ["--help"]
