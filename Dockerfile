# SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
# SPDX-License-Identifier: Apache-2.0
#
# For installations with a builder of their own. Released images are built by make image, which
# needs no daemon and gives the same digest everywhere; both have the same files.
FROM --platform=$BUILDPLATFORM golang:1.26.7-alpine@sha256:28d89ee9cc0ff9fec75c82ca201e6bf7fdf9a679d4b7b24dfa04f2bb766bb468 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH VERSION=unknown REVISION=
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X github.com/prometheus/common/version.Version=$VERSION -X github.com/prometheus/common/version.Revision=$REVISION" \
    -o /root-fs/cobaltcore-exporter ./cmd/cobaltcore-exporter
RUN cd cmd/image && go run . files -licence ../../LICENSE -binary /root-fs/cobaltcore-exporter /root-fs

FROM scratch
COPY --from=build /root-fs/ /
USER 65532:65532
WORKDIR /
EXPOSE 9876
ENTRYPOINT ["/cobaltcore-exporter"]
