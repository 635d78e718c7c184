// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ruletest

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// Healthy writes the healthy fleet to dir as if it had been recorded now, and returns the path of
// its configuration.
func Healthy(dir string) (string, error) {
	return site{dir: dir, clusters: []string{"a", "b"}}.live(Case{Name: "healthy"})
}

// Fault writes the fleet of the first case of a rule into dir, as if it had been recorded now, and
// returns the path of its configuration. The exporter evaluates the rules.
func Fault(dir, rule string) (string, error) {
	cases, err := Cases()
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(cases, func(c Case) bool { return c.Name == rule })
	if i < 0 {
		return "", fmt.Errorf("no fixture of %s", rule)
	}
	return site{dir: dir, clusters: []string{"a", "b"}, evaluated: true}.live(cases[i])
}

func (s site) live(c Case) (string, error) {
	if err := s.write(c); err != nil {
		return "", err
	}
	return filepath.Join(s.dir, "fleet.yaml"), writeFiles(s.dir, map[string]string{snapshot.MetaFile: snapshotMeta(true)})
}
