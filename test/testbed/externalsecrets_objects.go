// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	// expectAnnotation has the expected Ready condition of an object of External Secrets Operator: status and reason, or
	// none.
	expectAnnotation = "testbed.example.com/expect"
	// expectAfterDelete has the expected condition after the referenced key was deleted.
	expectAfterDelete = expectAnnotation + "-after-delete"

	variantsNamespace = "secret-variants"
	variantsEngine    = "kv-v2/openstack"
	stableSecret      = "variants/stable"
	doomedSecret      = "variants/doomed"

	// settleDeadline is long enough for some refreshes, which are due every ten seconds, and for retries, which follow after
	// 1, 2, 4 s and so on.
	settleDeadline = 90 * time.Second
)

//go:embed secrets
var secretFiles embed.FS

// SecretObjects returns the objects of External Secrets Operator that the reference architecture has in the named cluster. All of
// them become ready if the operator runs in each cluster, see SeedSecrets. They are refreshed every ten seconds, not every hour as
// in production.
//
// Stores use the first node of OpenBao, which is not possible if client certificates are required.
func SecretObjects(b *OpenBao, cluster string) ([]*unstructured.Unstructured, error) {
	return secretObjects(b, cluster, "common", cluster)
}

// SecretVariants returns objects of External Secrets Operator in nearly all of its states, named after these states; see the files
// in secrets/variants.
func SecretVariants(b *OpenBao, cluster string) ([]*unstructured.Unstructured, error) {
	return secretObjects(b, cluster, "variants/stores", "variants/references", "variants/policies", "variants/pushsecrets", "variants/cluster")
}

// secretObjects returns the objects of files in secrets.
func secretObjects(b *OpenBao, cluster string, files ...string) ([]*unstructured.Unstructured, error) {
	server := b.Nodes[0].Address
	replacer := strings.NewReplacer("${OPENBAO}", server, "${CLUSTER}", cluster)
	var objs []*unstructured.Unstructured
	for _, file := range files {
		content, err := secretFiles.ReadFile("secrets/" + file + ".yaml")
		if err != nil {
			return nil, fmt.Errorf("testbed: secrets of cluster %s: %w", cluster, err)
		}
		decoded, err := decode([]byte(replacer.Replace(string(content))))
		if err != nil {
			return nil, fmt.Errorf("testbed: %s.yaml: %w", file, err)
		}
		objs = append(objs, decoded...)
	}
	if b.TLS == nil {
		return objs, nil
	}
	ca, err := os.ReadFile(b.TLS.CAFile)
	if err != nil {
		return nil, fmt.Errorf("testbed: CA of OpenBao: %w", err)
	}
	for _, obj := range objs {
		vault, ok, _ := unstructured.NestedFieldNoCopy(obj.Object, "spec", "provider", "vault")
		if fields, isMap := vault.(map[string]any); ok && isMap && fields["server"] == server {
			fields["caBundle"] = base64.StdEncoding.EncodeToString(ca)
		}
	}
	return objs, nil
}

// WaitSecrets waits until objects of SecretObjects or SecretVariants have the Ready condition in their annotation.
func WaitSecrets(ctx context.Context, cluster *Cluster, objs ...*unstructured.Unstructured) error {
	return waitExpected(ctx, cluster, objs, expectAnnotation)
}

// SettleSecretVariants waits until External Secrets Operator has processed the objects of SeedSecretVariants. Then it deletes the
// key to which some of them refer, and waits until the operator has processed the deletion.
func SettleSecretVariants(ctx context.Context, b *OpenBao, cluster *Cluster) error {
	objs, err := SecretVariants(b, cluster.Name)
	if err != nil {
		return err
	}
	if err := WaitSecrets(ctx, cluster, objs...); err != nil {
		return err
	}
	if err := b.DeleteSecret(ctx, variantsEngine, doomedSecret); err != nil {
		return err
	}
	return waitExpected(ctx, cluster, objs, expectAfterDelete)
}

// waitExpected waits until the Ready conditions of objects match an annotation. Objects without the annotation do not count.
func waitExpected(ctx context.Context, cluster *Cluster, objs []*unstructured.Unstructured, annotation string) error {
	check := func(ctx context.Context, objs []*unstructured.Unstructured) (pending []*unstructured.Unstructured, err error) {
		var errs []error
		for _, obj := range objs {
			want := obj.GetAnnotations()[annotation]
			if want == "" {
				continue
			}
			got, err := cluster.Get(ctx, obj)
			if err != nil {
				return objs, err
			}
			if ready := readyState(got); ready != want {
				pending, errs = append(pending, obj), append(errs, fmt.Errorf("%s is %q, not %q", describe(obj), ready, want))
			}
		}
		return pending, errors.Join(errs...)
	}
	pending := objs
	err := Poll(ctx, settleDeadline, func(ctx context.Context) (err error) {
		if pending, err = check(ctx, pending); err == nil {
			pending, err = check(ctx, objs) // objects that settled early may have changed
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("testbed: cluster %s: External Secrets: %w", cluster.Name, err)
	}
	return nil
}

// readyState returns status and reason of the Ready condition, or "none".
func readyState(obj *unstructured.Unstructured) string {
	conditions, _, _ := unstructured.NestedSlice(obj.Object, "status", "conditions")
	for _, c := range conditions {
		if condition, ok := c.(map[string]any); ok && condition["type"] == "Ready" {
			status, _ := condition["status"].(string)
			reason, _ := condition["reason"].(string)
			return strings.TrimSpace(status + " " + reason)
		}
	}
	return "none"
}
