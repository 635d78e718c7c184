// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"path/filepath"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// FuzzStoredPods reads any pods and any metrics of a snapshot. The result is always a valid exposition.
func FuzzStoredPods(f *testing.F) {
	const selected = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: flux-system\n  labels: {app.kubernetes.io/part-of: flux}\n"
	f.Add([]byte(selected), []byte("# failed: timeout\n"))
	f.Add([]byte(selected+"spec: {containers: [{name: manager, image: ':@/'}]}\n"), []byte("# failed: anything else\n"))
	f.Add([]byte(selected+"status: {containerStatuses: [null, {lastState: {terminated: {reason: \"\\n\"}}}]}\n"), []byte("workqueue_depth{name=\"a\"} 1\n"))
	f.Add([]byte("apiVersion: v1\nkind: Pod\nmetadata: {name: ../../a, namespace: ..}\n"), []byte("<html>"))
	f.Add([]byte("apiVersion: v1\nkind: List\nitems: [null, {kind: Pod}]\n"), []byte(""))
	dir := f.TempDir()
	stored := fleet.Cluster{Name: "c", Source: fleet.SourceSnapshot, Snapshot: &snapshot.Dir{Path: dir, ShiftTime: true}}
	f.Fuzz(func(t *testing.T, objects, metrics []byte) {
		writeFile(t, filepath.Join(dir, "pods.yaml"), string(objects))
		writeFile(t, filepath.Join(dir, "controllers/flux-system/a.prom"), string(metrics))
		p, e := startPods(t, stored, podConfig(), nil)
		p.poll(t.Context())
		servedText(t, e)
	})
}
