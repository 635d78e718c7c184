// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build testbed

package testbed

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// startExternalSecrets returns a cluster in which External Secrets Operator runs.
func startExternalSecrets(t *testing.T, ctx context.Context, name string) (*Cluster, *ExternalSecrets) {
	t.Helper()
	begin := time.Now()
	cluster, err := StartCluster(ctx, t.TempDir(), name)
	must(t, err)
	stopAtEnd(t, cluster.Stop, cluster.Etcd(), cluster.APIServer())
	t.Logf("cluster ready after %s", time.Since(begin).Round(time.Millisecond))
	begin = time.Now()
	crds, err := ESOCRDs(ctx)
	must(t, err)
	must(t, cluster.ApplyCRDs(ctx, crds...))
	t.Logf("%d CRDs served after %s", len(crds), time.Since(begin).Round(time.Millisecond))
	begin = time.Now()
	eso, err := StartExternalSecrets(ctx, t.TempDir(), cluster)
	must(t, err)
	stopAtEnd(t, eso.Stop, eso.Process)
	t.Logf("External Secrets Operator ready after %s", time.Since(begin).Round(time.Millisecond))
	return cluster, eso
}

func metricsOf(t *testing.T, ctx context.Context, eso *ExternalSecrets) string {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, eso.MetricsURL, nil)
	must(t, err)
	resp, err := plainClient().Do(req)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return string(body)
}

// record writes the objects and metrics of External Secrets Operator to a directory below $TESTBED_RECORD_SECRETS, for tests that run
// without the operator.
func record(t *testing.T, ctx context.Context, cluster *Cluster, eso *ExternalSecrets, sub string) {
	t.Helper()
	dir := os.Getenv("TESTBED_RECORD_SECRETS")
	if dir == "" {
		return
	}
	dir = filepath.Join(dir, sub)
	must(t, os.MkdirAll(dir, 0o755))
	for resource, version := range map[string]string{
		"externalsecrets": "v1", "secretstores": "v1", "clustersecretstores": "v1", "clusterexternalsecrets": "v1",
		"pushsecrets": "v1alpha1", "clusterpushsecrets": "v1alpha1",
	} {
		list, err := cluster.Dynamic.Resource(schema.GroupVersionResource{Group: "external-secrets.io", Version: version, Resource: resource}).
			List(ctx, metav1.ListOptions{})
		must(t, err)
		for _, obj := range list.Items {
			obj.SetManagedFields(nil)
			body, err := json.MarshalIndent(obj.Object, "", "  ")
			must(t, err)
			name := strings.ToLower(obj.GetKind()) + "-" + obj.GetName() + ".json"
			if ns := obj.GetNamespace(); strings.HasPrefix(ns, variantsNamespace+"-") { // otherwise ambiguous
				name = strings.ToLower(obj.GetKind()) + "-" + ns + "-" + obj.GetName() + ".json"
			}
			must(t, os.WriteFile(filepath.Join(dir, name), append(body, '\n'), 0o644))
		}
	}
	must(t, os.WriteFile(filepath.Join(dir, "metrics.prom"), []byte(metricsOf(t, ctx, eso)), 0o644))
}

// secretData returns the data of a Secret, decoded.
func secretData(ctx context.Context, cluster *Cluster, namespace, name string) (map[string]string, error) {
	got, err := cluster.Get(ctx, NewObject("v1", "Secret", namespace, name))
	if err != nil {
		return nil, err
	}
	encoded, _, err := unstructured.NestedStringMap(got.Object, "data")
	data := map[string]string{}
	for key, value := range encoded {
		content, decodeErr := base64.StdEncoding.DecodeString(value)
		data[key], err = string(content), errors.Join(err, decodeErr)
	}
	return data, err
}

// wantSecretData waits until a Secret has the given data.
func wantSecretData(t *testing.T, ctx context.Context, cluster *Cluster, namespace, name string, want map[string]string) {
	t.Helper()
	begin := time.Now()
	must(t, Poll(ctx, settleDeadline, func(ctx context.Context) error {
		got, err := secretData(ctx, cluster, namespace, name)
		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			err = fmt.Errorf("Secret %s/%s in %s (-want +got):\n%s", namespace, name, cluster.Name, diff)
		}
		return err
	}))
	t.Logf("Secret %s/%s in %s is right after %s", namespace, name, cluster.Name, time.Since(begin).Round(time.Millisecond))
}

func TestSecretVariants(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := startOpenBao(t, ctx, OpenBaoOptions{Nodes: 1})
	must(t, b.SeedReference(ctx))
	cluster, eso := startExternalSecrets(t, ctx, "control-plane")
	begin := time.Now()
	must(t, SeedSecretVariants(ctx, b, cluster))
	t.Logf("seeded in %s", time.Since(begin).Round(time.Millisecond))
	begin = time.Now()
	err := SettleSecretVariants(ctx, b, cluster)
	t.Logf("settled in %s", time.Since(begin).Round(time.Millisecond))
	record(t, ctx, cluster, eso, "")
	if err != nil {
		t.Fatalf("%v\n%s", err, eso.LogTail())
	}

	good, err := cluster.Get(ctx, NewObject("external-secrets.io/v1", "ExternalSecret", variantsNamespace, "good"))
	must(t, err)
	if refreshed, _, _ := unstructured.NestedString(good.Object, "status", "refreshTime"); refreshed == "" {
		t.Error("the good ExternalSecret has no refreshTime")
	}
	for name, exists := range map[string]bool{
		"good": true, "deletion-delete": false, "deletion-retain": true, "deletion-merge": true, "deletion-created-once": true,
		"find": true, "find-nothing": false, "merge-without-target": false, "creation-none": false,
	} {
		if _, err := secretData(ctx, cluster, variantsNamespace, name); (err == nil) != exists {
			t.Errorf("that the Secret %s exists is not %v: %v", name, exists, err)
		}
	}
	for _, path := range []string{"push-good", "push-selected-stores", "push-deletion-delete", "cps-good"} {
		status, answer := get(t, ctx, b.Nodes[0], variantsEngine+"/data/variants/"+path)
		data, _ := answer["data"].(map[string]any)
		if diff := cmp.Diff(map[string]any{"password": "not-a-password"}, data["data"]); status != http.StatusOK || diff != "" {
			t.Errorf("%s has status %d and (-want +got):\n%s", path, status, diff)
		}
	}
	// Known errors in the metrics of the operator: a wrong name, and no value for the failure.
	metrics := metricsOf(t, ctx, eso)
	for series, want := range map[string]bool{
		`externalsecret_status_condition{condition="Ready",name="good",namespace="secret-variants",status="True"} 1`:         true,
		`externalsecret_status_condition{condition="Ready",name="key-missing",namespace="secret-variants",status="False"} 1`: true,
		`externalsecret_status_condition{condition="Ready",name="foo",namespace="secret-variants",status="True"} 1`:          true,
		`externalsecret_status_condition{condition="Ready",name="label-trap"`:                                                false,
		`clusterexternalsecret_status_condition{condition="Ready",name="ces-good"`:                                           true,
		`clusterexternalsecret_status_condition{condition="Ready",name="ces-conflict"`:                                       false,
	} {
		if strings.Contains(metrics, series) != want {
			t.Errorf("that the metrics have %s is not %v", series, want)
		}
	}
}

// TestSecretFlow follows a secret from the cluster that writes it to a cluster that reads it, through an OpenBao with TLS.
func TestSecretFlow(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := startOpenBao(t, ctx, OpenBaoOptions{Nodes: 1, TLS: true})
	must(t, b.SeedReference(ctx))
	var clusters []*Cluster
	operators := map[string]*ExternalSecrets{}
	for _, name := range openBaoClusters {
		cluster, eso := startExternalSecrets(t, ctx, name)
		clusters, operators[name] = append(clusters, cluster), eso
	}
	begin := time.Now()
	must(t, SeedSecrets(ctx, b, clusters...))
	for _, cluster := range clusters {
		objs, err := SecretObjects(b, cluster.Name)
		must(t, err)
		must(t, WaitSecrets(ctx, cluster, objs...))
	}
	t.Logf("everything is ready %s after the seed began", time.Since(begin).Round(time.Millisecond))
	for _, cluster := range clusters {
		record(t, ctx, cluster, operators[cluster.Name], cluster.Name)
	}
	controlPlane, hypervisor, storage := clusters[1], clusters[2], clusters[3]
	wantSecretData(t, ctx, hypervisor, "openstack", "ceph-client-nova", map[string]string{"userKey": "not-a-key"})

	source := NewObject("v1", "Secret", "rook-ceph", "rook-ceph-client-openstack-nova")
	source.Object["stringData"] = map[string]any{"openstack-nova": "another"}
	must(t, storage.Apply(ctx, source))
	wantSecretData(t, ctx, hypervisor, "openstack", "ceph-client-nova", map[string]string{"userKey": "another"})
	wantSecretData(t, ctx, controlPlane, "openstack", "ceph-client-nova", map[string]string{"key": "another"})

	// A frozen operator changes nothing, and refreshes when it continues.
	frozen := operators["control-plane"]
	must(t, frozen.Freeze())
	must(t, b.PutSecret(ctx, "kv-v2/bootstrap", "keystone-db", map[string]any{"password": "rotated"}))
	if err := httpOK(ctx, &http.Client{Timeout: time.Second, Transport: plainClient().Transport}, frozen.MetricsURL); err == nil {
		t.Error("a frozen operator answers")
	}
	must(t, frozen.Thaw())
	wantSecretData(t, ctx, controlPlane, "openstack", "keystone-db-credentials", map[string]string{"password": "rotated"})

	begin = time.Now()
	must(t, b.Nodes[0].Seal(ctx))
	objs, err := SecretObjects(b, "hypervisor")
	must(t, err)
	for _, obj := range objs {
		if obj.GetAnnotations()[expectAnnotation] == "" {
			continue
		}
		must(t, Poll(ctx, settleDeadline, func(ctx context.Context) error {
			got, err := hypervisor.Get(ctx, obj)
			if state := readyState(got); err == nil && !strings.HasPrefix(state, "False ") {
				err = fmt.Errorf("%s is %q", describe(obj), state)
			}
			return err
		}))
		t.Logf("%s has failed %s after OpenBao was sealed", describe(obj), time.Since(begin).Round(time.Millisecond))
	}
	record(t, ctx, hypervisor, operators["hypervisor"], "hypervisor-sealed")
}
