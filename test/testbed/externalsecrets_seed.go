// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
)

// secretPolicies are the policies of the roles with which External Secrets Operator logs in. In writable paths, API stands for data
// and metadata.
var secretPolicies = []struct {
	name  string
	read  []string // readable engines below kv-v2/
	write string
}{
	{name: "eso-management", read: []string{"infrastructure"}},
	{name: "eso-control-plane", read: []string{"bootstrap", "openstack", "ceph"}},
	{name: "eso-hypervisor", read: []string{"openstack", "ceph"}},
	{name: "eso-storage", read: []string{"ceph"}},
	{name: "push-ceph-keys", write: "kv-v2/ceph/API/*"},
	{name: "push-app-credentials", write: "kv-v2/openstack/API/+/app-credential"},
	{name: "eso-variants", read: []string{"openstack"}, write: "kv-v2/openstack/API/variants/*"},
}

// secretRoles are the roles with which External Secrets Operator logs in from a cluster.
func secretRoles(cluster string) []secretRole {
	roles := []secretRole{{"eso-" + cluster, "external-secrets", "external-secrets", []string{"eso-" + cluster}}}
	switch cluster {
	case "storage":
		roles[0].policies = append(roles[0].policies, "push-ceph-keys")
	case "control-plane":
		roles[0].policies = append(roles[0].policies, "push-app-credentials")
		roles = append(roles, secretRole{"eso-tenant", "openstack", "eso-tenant-auth", []string{"eso-control-plane"}})
	}
	return roles
}

type secretRole struct {
	name, namespace, account string
	policies                 []string
}

// SeedSecrets prepares OpenBao and the clusters for External Secrets Operator, and applies SecretObjects to the clusters. The clusters
// must have the CRDs of ESOCRDs and names of the reference architecture, and SeedReference must have been applied to the OpenBao.
// SeedSecrets writes the secrets that the objects read. It deletes the secret that storage pushes, because the operator does not
// overwrite a secret that it has not written.
func SeedSecrets(ctx context.Context, b *OpenBao, clusters ...*Cluster) error {
	for _, secret := range []string{"kubeconfig/control-plane", "kubeconfig/hypervisor", "kubeconfig/storage"} {
		if err := b.PutSecret(ctx, "kv-v2/infrastructure", secret, map[string]any{"value": rand.Text()}); err != nil {
			return err
		}
	}
	if err := b.DeleteSecret(ctx, "kv-v2/ceph", "client-nova"); err != nil {
		return err
	}
	for _, cluster := range clusters {
		objs, err := SecretObjects(b, cluster.Name)
		if err != nil {
			return err
		}
		if err := b.configureESOLogin(ctx, cluster, secretRoles(cluster.Name)...); err != nil {
			return err
		}
		if err := cluster.Apply(ctx, objs...); err != nil {
			return err
		}
	}
	return nil
}

// SeedSecretVariants prepares OpenBao for SecretVariants and applies them to the cluster, with the same requirements as SeedSecrets.
// SettleSecretVariants waits until the operator has processed them.
func SeedSecretVariants(ctx context.Context, b *OpenBao, cluster *Cluster) error {
	objs, err := SecretVariants(b, cluster.Name)
	if err != nil {
		return err
	}
	for _, secret := range []string{stableSecret, doomedSecret} {
		if err := b.PutSecret(ctx, variantsEngine, secret, map[string]any{"password": rand.Text()}); err != nil {
			return err
		}
	}
	policies := []string{"eso-variants"}
	if err := b.configureESOLogin(ctx, cluster,
		secretRole{"eso-variants", "external-secrets", "external-secrets", policies},
		secretRole{"eso-variants-tenant", variantsNamespace, "tenant", policies}); err != nil {
		return err
	}
	return cluster.Apply(ctx, objs...)
}

// configureESOLogin configures the cluster's auth method, and the roles.
func (b *OpenBao) configureESOLogin(ctx context.Context, cluster *Cluster, roles ...secretRole) error {
	for _, p := range secretPolicies {
		var rules strings.Builder
		for _, engine := range p.read {
			fmt.Fprintf(&rules, "path \"kv-v2/%s/data/*\" { capabilities = [\"read\"] }\n", engine)
			fmt.Fprintf(&rules, "path \"kv-v2/%s/metadata/*\" { capabilities = [\"read\", \"list\"] }\n", engine)
		}
		if p.write != "" {
			for _, api := range []string{"data", "metadata"} {
				path := strings.Replace(p.write, "API", api, 1)
				fmt.Fprintf(&rules, "path %q { capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\"] }\n", path)
			}
		}
		if err := b.PutPolicy(ctx, p.name, rules.String()); err != nil {
			return err
		}
	}
	mount := "kubernetes/" + cluster.Name
	if err := b.ConfigureKubernetesAuth(ctx, mount, cluster); err != nil {
		return err
	}
	for _, role := range roles {
		if err := b.PutKubernetesRole(ctx, mount, role.name, role.namespace, role.account, role.policies...); err != nil {
			return err
		}
	}
	return nil
}

// PutSecret writes a new version of a secret, like bao kv put. An engine is, for example,
// kv-v2/ceph.
func (b *OpenBao) PutSecret(ctx context.Context, engine, path string, data map[string]any) error {
	return b.call(ctx, http.MethodPost, engine+"/data/"+path, map[string]any{"data": data}, nil)
}

// DeleteSecret deletes the newest version of a secret, like bao kv delete. It keeps the metadata.
func (b *OpenBao) DeleteSecret(ctx context.Context, engine, path string) error {
	return b.call(ctx, http.MethodDelete, engine+"/data/"+path, nil, nil)
}
