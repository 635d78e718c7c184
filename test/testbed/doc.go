// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package testbed starts real servers on loopback for tests: etcd and
// kube-apiserver, Flux Operator, OpenBao, External Secrets Operator, Prometheus. Each
// server is built once from the module pinned in test/tools into a cache outside the
// repository.
//
// Clusters are filled with objects of files (LoadDir) or generated ones (SeedFlux), OpenBao
// with what the reference architecture has in it (SeedReference), and both together with
// what External Secrets Operator does there (SeedSecrets), or with objects in nearly all
// states that it knows (SeedSecretVariants).
//
// Everything a test starts here ends with it: every process is stopped by Stop or
// by the end of the context it was started with, and the kernel kills it when the
// test process dies without doing either.
package testbed
