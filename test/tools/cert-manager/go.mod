module github.com/cobaltcore-dev/cobaltcore-exporter/test/tools/cert-manager

go 1.26.0

// The CRDs of the module are read, nothing of it is built.
require github.com/cert-manager/cert-manager v1.21.2
