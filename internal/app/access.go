// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/server"
)

// KubernetesAuth has the settings for authorizing requests by an API server.
type KubernetesAuth struct {
	// Kubeconfig is a file; empty means the cluster in which the exporter runs.
	Kubeconfig string
	// Audiences are the accepted audiences of tokens; the default is the audience of the API server.
	Audiences []string
}

// connect returns the access control of the server, or nil if k is nil. end closes the connections to the API server.
func (k *KubernetesAuth) connect(ctx context.Context, a *app) (auth *server.KubernetesAuth, end func(), err error) {
	if k == nil {
		return nil, func() {}, nil
	}
	cluster := fleet.Cluster{Name: "kubernetes-auth", Source: fleet.SourceInCluster}
	if k.Kubeconfig != "" {
		cluster.Source, cluster.Kubeconfig = fleet.SourceKubeconfig, k.Kubeconfig
	}
	if _, err := cluster.Connect(ctx); err != nil {
		return nil, nil, ConfigError{fmt.Errorf("--web.kubernetes-auth: %w", err)}
	}
	client := fleet.NewClient(cluster, fleet.ClientOptions{})
	return &server.KubernetesAuth{Reviewer: client, Audiences: k.Audiences, Decisions: a.self.decisions, Log: a.options.Log}, client.Close, nil
}
