// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// account is the name of the account of the exporter in each cluster and in OpenBao.
const account = "cobaltcore-exporter"

// startOpenBao starts an OpenBao with the mounts and auth methods of the reference
// architecture, and lets the exporter and the workloads of each cluster log in.
func (f *fleet) startOpenBao(ctx context.Context) error {
	slog.Info("starting OpenBao; the first time, it is built, which takes minutes")
	b, err := testbed.StartOpenBao(ctx, f.Dir, testbed.OpenBaoOptions{AuditFile: true})
	if b != nil {
		f.add("OpenBao", addresses(b), b.Stop)
	}
	if err != nil {
		return err
	}
	if err := b.SeedReference(ctx); err != nil {
		return err
	}
	if err := b.PutPolicy(ctx, account, openbao.Policy([]string{"pki"}, []string{"kv-v2/+"})); err != nil {
		return err
	}
	for _, c := range f.clusters {
		mount := "kubernetes/" + c.Name
		if err := c.Apply(ctx, testbed.NewObject("v1", "ServiceAccount", account, account+"-probe")); err != nil {
			return err
		}
		if err := b.ConfigureKubernetesAuth(ctx, mount, c); err != nil {
			// Clusters with other names have no auth method.
			slog.Warn("no login for the cluster", "cluster", c.Name, "err", err)
			continue
		}
		if err := b.PutKubernetesRole(ctx, mount, account+"-probe", account, account+"-probe"); err != nil {
			return err
		}
	}
	token, err := b.CreateToken(ctx, []string{account}, 24*time.Hour)
	if err != nil {
		return err
	}
	f.openbao, f.tokenFile = b, filepath.Join(f.Dir, "openbao-token")
	return os.WriteFile(f.tokenFile, []byte(token), 0o600)
}

func addresses(b *testbed.OpenBao) string {
	urls := make([]string, len(b.Nodes))
	for i, n := range b.Nodes {
		urls[i] = n.Address
	}
	return strings.Join(urls, " ")
}

// openBaoConfig returns the part of the exporter's configuration about OpenBao.
func openBaoConfig(cluster string, nodes []string, tokenFile string) []byte {
	return fmt.Appendf(nil, `collectors:
  openbao:
    - name: openbao
      cluster: %q
      nodes: ["%s"]
      auth: {tokenFile: %q}
      details: {audit: true, certificates: true, tidy: true}
      kv: {mounts: [kv-v2/bootstrap, kv-v2/openstack, kv-v2/infrastructure, kv-v2/ceph]}
      loginProbe: {enabled: true}
`, cluster, strings.Join(nodes, `", "`), tokenFile)
}
