// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	reviewerNamespace = "openbao-system"
	reviewerName      = "openbao-reviewer"
	reviewerTTL       = 24 * time.Hour
)

// ConfigureKubernetesAuth configures the auth method at the given mount, for example kubernetes/management, to verify
// ServiceAccount tokens of a cluster. It creates a ServiceAccount in the cluster that may review tokens.
func (b *OpenBao) ConfigureKubernetesAuth(ctx context.Context, mount string, cluster *Cluster) error {
	binding := NewObject("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", reviewerName)
	binding.Object["roleRef"] = map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:auth-delegator"}
	binding.Object["subjects"] = []any{map[string]any{"kind": "ServiceAccount", "namespace": reviewerNamespace, "name": reviewerName}}
	if err := cluster.Apply(ctx, NewObject("v1", "ServiceAccount", reviewerNamespace, reviewerName), binding); err != nil {
		return err
	}
	token, err := cluster.ServiceAccountToken(ctx, reviewerNamespace, reviewerName, reviewerTTL)
	if err != nil {
		return err
	}
	return b.call(ctx, http.MethodPost, "auth/"+mount+"/config", map[string]any{
		"kubernetes_host": cluster.URL, "kubernetes_ca_cert": string(cluster.Config.CAData), "token_reviewer_jwt": token,
	}, nil)
}

// PutKubernetesRole creates a role with which a ServiceAccount can log in at auth/MOUNT/login and gets a token with the given
// policies.
func (b *OpenBao) PutKubernetesRole(ctx context.Context, mount, role, namespace, serviceAccount string, policies ...string) error {
	return b.call(ctx, http.MethodPost, "auth/"+mount+"/role/"+role, map[string]any{
		"bound_service_account_namespaces": []string{namespace}, "bound_service_account_names": []string{serviceAccount},
		"token_policies": policies, "token_ttl": "1h",
	}, nil)
}

// ServiceAccountToken returns a token of a ServiceAccount, which must exist. The API server grants at least ten minutes.
func (c *Cluster) ServiceAccountToken(ctx context.Context, namespace, name string, ttl time.Duration, audiences ...string) (string, error) {
	request := NewObject("authentication.k8s.io/v1", "TokenRequest", namespace, name)
	spec := map[string]any{"expirationSeconds": int64(ttl.Seconds())}
	if len(audiences) > 0 {
		list := make([]any, len(audiences))
		for i, a := range audiences {
			list[i] = a
		}
		spec["audiences"] = list
	}
	request.Object["spec"] = spec
	answer, err := c.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}).Namespace(namespace).
		Create(ctx, request, metav1.CreateOptions{}, "token")
	if err != nil {
		return "", fmt.Errorf("testbed: cluster %s: token of ServiceAccount %s/%s: %w", c.Name, namespace, name, err)
	}
	token, _, _ := unstructured.NestedString(answer.Object, "status", "token")
	if token == "" {
		return "", errors.New("testbed: the answer to the TokenRequest has no token")
	}
	return token, nil
}
