// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ruletest

import (
	"path/filepath"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// Healthy writes the fleet that all cases begin with into dir, as if it had been
// recorded now, and returns the path of its configuration.
func Healthy(dir string) (string, error) {
	s := site{dir: dir, clusters: []string{"a", "b"}}
	if err := s.write(Case{Name: "healthy"}); err != nil {
		return "", err
	}
	return filepath.Join(dir, "fleet.yaml"), writeFiles(dir, map[string]string{snapshot.MetaFile: snapshotMeta(true)})
}
