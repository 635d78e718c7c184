// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
)

// Contexts selects contexts of kubeconfig files. Each context is a cluster.
type Contexts struct {
	// Files are searched in order, as kubectl searches KUBECONFIG. A context refers to a cluster and a user in its own
	// file.
	Files []string
	// Names are the selected contexts, and All selects all contexts. By default, the current context is selected.
	Names []string
	All   bool
}

// Clusters returns the selected contexts as clusters of a configuration.
func (c Contexts) Clusters(ctx context.Context) ([]config.Cluster, error) {
	known, current := map[string]string{}, ""
	for _, file := range c.Files {
		data, err := files.Read(ctx, file, files.MaxConfig)
		if err != nil {
			return nil, fmt.Errorf("kubeconfig: %w", err)
		}
		content, err := load(data)
		if err != nil {
			// The error may quote credentials.
			return nil, fmt.Errorf("kubeconfig %s is not valid: run kubectl config view --kubeconfig %s to see the reason", file, file)
		}
		current = cmp.Or(current, content.CurrentContext)
		for name := range content.Contexts {
			if _, ok := known[name]; !ok {
				known[name] = file
			}
		}
	}
	all := slices.Sorted(maps.Keys(known))
	names := c.Names
	switch {
	case len(all) == 0:
		return nil, fmt.Errorf("kubeconfig %s has no contexts", strings.Join(c.Files, ", "))
	case c.All:
		names = all
	case len(names) == 0 && current == "":
		return nil, fmt.Errorf("kubeconfig %s has no current context: choose with --context or --all-contexts", strings.Join(c.Files, ", "))
	case len(names) == 0:
		names = []string{current}
	}
	var clusters []config.Cluster
	taken := map[string]bool{}
	for _, name := range names {
		file, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("kubeconfig %s has no context %q, but %s", strings.Join(c.Files, ", "), name, strings.Join(all, ", "))
		}
		path, err := filepath.Abs(file)
		if err != nil {
			return nil, err
		}
		cluster := clusterOf(name, taken)
		clusters = append(clusters, config.Cluster{
			Name: cluster, Role: cluster, Kubeconfig: &config.Kubeconfig{Path: path, Context: name}, WatchList: true,
		})
	}
	return clusters, nil
}

var notInNames = regexp.MustCompile(`[^-.0-9A-Z_a-z]+`)

// clusterOf returns the name of a context without the characters that cluster names must not contain. If that name is
// taken, a number is appended.
func clusterOf(contextName string, taken map[string]bool) string {
	base := strings.Trim(notInNames.ReplaceAllString(contextName, "-"), "-._")
	base = cmp.Or(base[:min(len(base), 200)], "cluster")
	name := base
	for i := 2; taken[name]; i++ {
		name = fmt.Sprintf("%s-%d", base, i)
	}
	taken[name] = true
	return name
}
