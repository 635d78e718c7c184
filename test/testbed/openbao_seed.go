// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"crypto/rand"
	"net/http"
)

// openBaoClusters are the names of the clusters in the reference architecture.
var openBaoClusters = []string{"management", "control-plane", "hypervisor", "storage"}

// SeedReference applies the reference architecture: four KV secrets engines of version 2 with a few secrets; a PKI with a root CA, a
// role, two certificates and a CRL; and the auth methods of the four clusters and of CI. The auth methods are not configured, see
// ConfigureKubernetesAuth.
func (b *OpenBao) SeedReference(ctx context.Context) error {
	leader, err := b.Leader(ctx)
	if err != nil {
		return err
	}
	post := func(path string, body map[string]any) error {
		return leader.call(ctx, http.MethodPost, path, body, nil)
	}
	for _, engine := range []string{"bootstrap", "openstack", "infrastructure", "ceph"} {
		if err := post("sys/mounts/kv-v2/"+engine, map[string]any{"type": "kv", "options": map[string]any{"version": "2"}}); err != nil {
			return err
		}
	}
	for _, cluster := range openBaoClusters {
		if err := post("sys/auth/kubernetes/"+cluster, map[string]any{"type": "kubernetes"}); err != nil {
			return err
		}
	}
	if err := post("sys/auth/approle/ci-cd", map[string]any{"type": "approle"}); err != nil {
		return err
	}
	if err := seedPKI(post); err != nil {
		return err
	}
	for _, secret := range []string{
		"bootstrap/data/keystone-admin", "bootstrap/data/keystone-admin", // two versions
		"bootstrap/data/keystone-db", "openstack/data/nova/db", "openstack/data/nova/rabbitmq",
		"infrastructure/data/kubeconfig/hypervisor", "ceph/data/client-nova",
	} {
		// An engine refuses writes until it has upgraded itself to version 2.
		if err := Poll(ctx, startDeadline, func(context.Context) error {
			return post("kv-v2/"+secret, map[string]any{"data": map[string]any{"password": rand.Text()}})
		}); err != nil {
			return err
		}
	}
	return nil
}

func seedPKI(post func(path string, body map[string]any) error) error {
	for _, request := range []struct {
		path string
		body map[string]any
	}{
		{"sys/mounts/pki", map[string]any{"type": "pki", "config": map[string]any{"max_lease_ttl": "26280h"}}},
		{"pki/root/generate/internal", map[string]any{"common_name": "testbed root", "issuer_name": "root", "ttl": "26280h", "key_type": "ec", "key_bits": 256}},
		{"pki/roles/openstack", map[string]any{"allowed_domains": []string{"example.com"}, "allow_subdomains": true, "max_ttl": "2160h", "key_type": "ec", "key_bits": 256}},
		{"pki/issue/openstack", map[string]any{"common_name": "keystone.example.com", "ttl": "240h"}},
		{"pki/issue/openstack", map[string]any{"common_name": "nova.example.com", "ttl": "2160h"}},
	} {
		if err := post(request.path, request.body); err != nil {
			return err
		}
	}
	return nil
}
