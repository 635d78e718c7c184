// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// addFleetFlags adds --config, and the flags that select contexts instead. It returns a function that returns the selected
// contexts, or nil with --config.
func (s Streams) addFleetFlags(c *cobra.Command, config *string) func() (*fleet.Contexts, error) {
	var kubeconfig string
	var contexts fleet.Contexts
	f := c.Flags()
	f.StringVar(config, "config", "", "configuration file; without it, the clusters are contexts of a kubeconfig")
	f.StringVar(&kubeconfig, "kubeconfig", "", "kubeconfig file; by default the files in $KUBECONFIG, or ~/.kube/config")
	f.StringSliceVar(&contexts.Names, "context", nil, "contexts of the kubeconfig, separated by commas; by default the current context")
	f.BoolVar(&contexts.All, "all-contexts", false, "use all contexts of the kubeconfig")
	_ = c.MarkFlagFilename("config", "yaml", "yml")
	_ = c.MarkFlagFilename("kubeconfig")
	_ = c.RegisterFlagCompletionFunc("context", func(c *cobra.Command, _ []string, _ string) (names []string, d cobra.ShellCompDirective) {
		all := fleet.Contexts{Files: s.kubeconfigFiles(kubeconfig), All: true}
		clusters, _ := all.Clusters(c.Context())
		for _, k := range clusters {
			names = append(names, k.Kubeconfig.Context)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
	for _, flag := range []string{"kubeconfig", "context", "all-contexts"} {
		c.MarkFlagsMutuallyExclusive("config", flag)
	}
	c.MarkFlagsMutuallyExclusive("context", "all-contexts")
	return func() (*fleet.Contexts, error) {
		if f.Changed("config") {
			return nil, nil
		}
		contexts.Files = s.kubeconfigFiles(kubeconfig)
		if len(contexts.Files) == 0 {
			return nil, errors.New("no kubeconfig found in $KUBECONFIG or ~/.kube/config: use --kubeconfig or --config")
		}
		return &contexts, nil
	}
}

// kubeconfigFiles returns the kubeconfig files: the given one, or the existing ones from the
// environment.
func (s Streams) kubeconfigFiles(given string) []string {
	if given != "" {
		return []string{given}
	}
	getenv := s.Getenv
	if getenv == nil {
		getenv = os.Getenv
	}
	files := filepath.SplitList(getenv(clientcmd.RecommendedConfigPathEnvVar))
	if len(files) == 0 {
		files = []string{filepath.Join(getenv("HOME"), clientcmd.RecommendedHomeDir, clientcmd.RecommendedFileName)}
	}
	return slices.DeleteFunc(files, func(file string) bool {
		_, err := os.Stat(file)
		return file == "" || errors.Is(err, os.ErrNotExist)
	})
}
