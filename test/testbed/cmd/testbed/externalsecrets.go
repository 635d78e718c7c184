// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// startExternalSecrets starts an External Secrets Operator in every cluster, with the
// stores and secrets of the reference architecture for OpenBao.
func (f *fleet) startExternalSecrets(ctx context.Context) error {
	slog.Info("starting External Secrets Operator; the first time, it is built, which takes minutes")
	crds, err := testbed.ESOCRDs(ctx)
	if err != nil {
		return err
	}
	var known []*testbed.Cluster
	for _, c := range f.clusters {
		if err := c.ApplyCRDs(ctx, crds...); err != nil {
			return err
		}
		operator, err := testbed.StartExternalSecrets(ctx, f.Dir, c)
		if err != nil {
			return err
		}
		f.add("External Secrets' metrics of "+c.Name, operator.MetricsURL, operator.Stop)
		f.target("external-secrets", operator.MetricsURL, map[string]string{"cluster": c.Name})
		if _, err := testbed.SecretObjects(f.openbao, c.Name); err != nil {
			slog.Warn("no secrets for the cluster", "cluster", c.Name, "err", err)
			continue
		}
		known = append(known, c)
	}
	return testbed.SeedSecrets(ctx, f.openbao, known...)
}
