// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package testbed starts real servers on loopback for tests: etcd and kube-apiserver, Flux Operator, OpenBao, External Secrets
// Operator, Prometheus. Each server is built once, from the module pinned in test/tools, into a cache outside the repository.
//
// Clusters get objects from files (LoadDir) or generated ones (SeedFlux), and OpenBao the contents of the reference architecture
// (SeedReference). SeedSecrets adds the objects of External Secrets Operator to both, and SeedSecretVariants objects in nearly all of
// its states.
//
// All processes end with the test: Stop or the end of their context stops them, and otherwise the kernel kills them when the test
// process ends.
package testbed
