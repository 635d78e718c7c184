//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// esoResources are the kinds of External Secrets Operator, by the beginning of the
// names of their rows.
var esoResources = map[string]schema.GroupVersionResource{
	"externalsecret":        esoResource("v1", "externalsecrets"),
	"store":                 esoResource("v1", "secretstores"),
	"store of cluster":      esoResource("v1", "clustersecretstores"),
	"clusterexternalsecret": esoResource("v1", "clusterexternalsecrets"),
	"pushsecret":            esoResource("v1alpha1", "pushsecrets"),
	"clusterpushsecret":     esoResource("v1alpha1", "clusterpushsecrets"),
}

func esoResource(version, resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "external-secrets.io", Version: version, Resource: resource}
}

// esoRows returns the rows about External Secrets Operator, and no others.
func esoRows(ctx context.Context, e *harness.Exporter) ([]harness.Series, error) {
	code, body, err := e.Get(ctx, "/metrics?collect[]=externalsecrets")
	if err != nil {
		return nil, err
	}
	if code != http.StatusOK {
		return nil, fmt.Errorf("GET /metrics: %d %s", code, body)
	}
	rows, err := harness.Parse(body)
	return slices.DeleteFunc(rows, func(s harness.Series) bool { return !strings.HasPrefix(s[""], "cobaltcore_eso_") }), err
}

// isOfOneObject reports whether a row follows from one object alone.
func isOfOneObject(s harness.Series) bool {
	return !strings.HasPrefix(s[""], "cobaltcore_eso_object_") && s[""] != "cobaltcore_eso_store_dependents" && s[""] != "cobaltcore_eso_externalsecret_store_missing"
}

// line writes a row as text: name, labels that are not empty, value.
func line(s harness.Series) string {
	var labels []string
	for k, v := range s {
		if k != "" && k != "=" && v != "" {
			labels = append(labels, k+"="+strconv.Quote(v))
		}
	}
	slices.Sort(labels)
	return s[""] + "{" + strings.Join(labels, ",") + "} " + s["="]
}

// subject is the object that a row is about.
func subject(s harness.Series) string {
	kind, _, _ := strings.Cut(strings.TrimPrefix(s[""], "cobaltcore_eso_"), "_")
	if kind == "store" {
		kind = strings.ToLower(s["kind"])
	}
	return strings.Join([]string{s["cluster"], kind, s["namespace"], s["name"]}, " ")
}

func subjectOf(cluster string, o *unstructured.Unstructured) string {
	return strings.Join([]string{cluster, strings.ToLower(o.GetKind()), o.GetNamespace(), o.GetName()}, " ")
}

// secretObjects lists the objects of External Secrets Operator in a cluster.
func secretObjects(ctx context.Context, c *testbed.Cluster) ([]*unstructured.Unstructured, error) {
	var out []*unstructured.Unstructured
	for _, resource := range esoResources {
		list, err := c.Dynamic.Resource(resource).List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			out = append(out, &list.Items[i])
		}
	}
	return out, nil
}

// checkRows waits until the rows are exactly those expected for the objects of the
// clusters. Operators should be frozen, so that the objects do not change.
func checkRows(t *testing.T, e *harness.Exporter, clusters ...*testbed.Cluster) {
	t.Helper()
	harness.Eventually(t, time.Minute, func() error {
		var want, got []string
		for _, c := range clusters {
			objs, err := secretObjects(t.Context(), c)
			if err != nil {
				return err
			}
			for _, o := range objs {
				want = append(want, expectedRows(c.Name, o)...)
			}
		}
		rows, err := esoRows(t.Context(), e)
		if err != nil {
			return err
		}
		for _, s := range rows {
			if isOfOneObject(s) {
				got = append(got, line(s))
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := gocmp.Diff(want, got); diff != "" {
			return fmt.Errorf("rows (-by the objects +exported):\n%s", diff)
		}
		return nil
	})
}

// rawObject is the JSON of an object.
type rawObject map[string]any

func (r rawObject) at(path ...string) any {
	v, _, _ := unstructured.NestedFieldNoCopy(r, path...)
	return v
}

func (r rawObject) text(path ...string) string {
	s, _ := r.at(path...).(string)
	return s
}

func (r rawObject) object(path ...string) rawObject {
	m, _ := r.at(path...).(map[string]any)
	return m
}

func (r rawObject) list(path ...string) (out []rawObject) {
	l, _ := r.at(path...).([]any)
	for _, v := range l {
		m, _ := v.(map[string]any)
		out = append(out, m)
	}
	return out
}

// expectedObject collects the rows that an object must have.
type expectedObject struct {
	rawObject

	prefix string
	labels harness.Series
	ready  rawObject // the condition, nil if there is none
	rows   []string
}

func (x *expectedObject) add(name, value string, labels ...string) {
	s := harness.Series{"": x.prefix + name, "=": value}
	maps.Copy(s, x.labels)
	for i := 0; i < len(labels); i += 2 {
		s[labels[i]] = labels[i+1]
	}
	x.rows = append(x.rows, line(s))
}

func (x *expectedObject) number(name string, value int) { x.add(name, fmt.Sprint(float64(value))) }

func (x *expectedObject) truth(name string, value bool) {
	x.add(name, map[bool]string{true: "1", false: "0"}[value])
}

// time adds a row if the time is set.
func (x *expectedObject) time(name, value string) {
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		x.add(name, fmt.Sprint(float64(at.Unix())))
	}
}

// expectedRows returns the rows that an object must have, derived only from the object in
// the API server.
func expectedRows(cluster string, o *unstructured.Unstructured) []string {
	x := &expectedObject{rawObject: o.Object, labels: harness.Series{"cluster": cluster, "namespace": o.GetNamespace(), "name": o.GetName()}}
	for _, c := range x.list("status", "conditions") {
		if c.text("type") == "Ready" {
			x.ready = c
		}
	}
	kind := o.GetKind()
	x.prefix = "cobaltcore_eso_" + strings.ToLower(kind) + "_"
	if strings.HasSuffix(kind, "Store") {
		x.prefix = "cobaltcore_eso_store_"
		x.labels["kind"] = kind
	}
	synchronized := kind == "ExternalSecret" || kind == "PushSecret"
	if !synchronized {
		x.time("created_timestamp_seconds", x.text("metadata", "creationTimestamp"))
	}
	if x.ready != nil {
		x.truth("ready", x.ready.text("status") == "True")
	}
	if strings.HasPrefix(kind, "Cluster") && strings.HasSuffix(kind, "Secret") {
		namespaces, _ := x.at("status", "provisionedNamespaces").([]any)
		x.number("provisioned_namespaces", len(namespaces))
		failed := x.list("status", "failedNamespaces")
		x.number("failed_namespaces", len(failed))
		if len(failed) == 1 { // the variants have no more
			x.add("status", "1", "reason", "failed in namespace "+failed[0].text("namespace"))
		}
		return x.rows
	}
	reason := "Unprocessed"
	if x.ready != nil {
		reason = x.ready.text("reason")
	}
	if !synchronized {
		x.add("status", "1", "reason", reason)
		x.time("condition_transition_timestamp_seconds", x.ready.text("lastTransitionTime"))
		x.store(reason)
		return x.rows
	}
	healthy, reason := x.state(kind, reason)
	deleted := x.text("metadata", "deletionTimestamp") != ""
	if !deleted && (!healthy || reason != "SecretSynced" && reason != "Synced") {
		x.add("status", "1", "reason", reason)
	}
	x.synchronized(healthy && cmp.Or(x.text("spec", "refreshPolicy"), "Periodic") == "Periodic")
	if kind == "ExternalSecret" {
		x.externalSecret()
	} else {
		x.pushSecret(healthy)
	}
	return x.rows
}

// state reports whether an object is ready with its newest generation, and the reason.
func (x *expectedObject) state(kind, reason string) (healthy bool, why string) {
	version := x.text("status", "syncedResourceVersion")
	behind := version != "" && !strings.HasPrefix(version, fmt.Sprintf("%d-", x.at("metadata", "generation")))
	switch {
	case x.text("metadata", "deletionTimestamp") != "":
		return false, ""
	case x.ready == nil, x.ready.text("status") != "True", reason == "SecretMissing":
		return false, reason
	case behind && x.text("spec", "refreshPolicy") != "CreatedOnce":
		return false, "GenerationBehind"
	}
	return kind == "PushSecret" || x.text("status", "refreshTime") != "", reason
}

func (x *expectedObject) synchronized(periodic bool) {
	interval, err := time.ParseDuration(cmp.Or(x.text("spec", "refreshInterval"), "1h"))
	if err != nil {
		panic(err)
	}
	last := x.text("status", "refreshTime")
	x.time("last_sync_timestamp_seconds", last)
	if at, err := time.Parse(time.RFC3339, last); err == nil && periodic && interval > 0 {
		x.time("overdue_timestamp_seconds", at.Add(2*interval+5*time.Minute).Format(time.RFC3339))
	}
}

// storeReference names a store.
type storeReference struct{ kind, name string }

// identity is empty without a name.
func (s storeReference) identity(namespace string) string {
	if s.kind == "SecretStore" {
		return s.kind + "/" + namespace + "/" + s.name
	}
	return strings.TrimSuffix(s.kind+"/"+s.name, "/")
}

// references returns the stores that the object refers to, each once.
func references(refs ...rawObject) []storeReference {
	var all []storeReference
	for _, ref := range refs {
		s := storeReference{cmp.Or(ref.text("kind"), "SecretStore"), ref.text("name")}
		if s.name != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

func (x *expectedObject) externalSecret() {
	refs := []rawObject{x.object("spec", "secretStoreRef")}
	for _, entry := range append(x.list("spec", "data"), x.list("spec", "dataFrom")...) {
		refs = append(refs, entry.object("sourceRef", "storeRef"))
	}
	var first storeReference
	for i, s := range references(refs...) {
		if i == 0 {
			first = s
			continue
		}
		x.add("store_ref", "1", "store_kind", s.kind, "store_name", s.name)
	}
	x.add("info", "1", "store_kind", first.kind, "store_name", first.name, "store", first.identity(x.labels["namespace"]),
		"refresh_policy", cmp.Or(x.text("spec", "refreshPolicy"), "Periodic"),
		"deletion_policy", x.text("spec", "target", "deletionPolicy"), "creation_policy", x.text("spec", "target", "creationPolicy"))
}

func (x *expectedObject) pushSecret(healthy bool) {
	selectors, stores, targets := 0, 0, 0
	named := references(x.list("spec", "secretStoreRefs")...)
	for _, s := range named {
		x.add("store_ref", "1", "store_kind", s.kind, "store_name", s.name)
	}
	for _, ref := range x.list("spec", "secretStoreRefs") {
		if ref.text("name") == "" {
			selectors++
		}
	}
	if !healthy {
		return
	}
	for store := range x.object("status", "syncedPushSecrets") {
		n := len(x.object("status", "syncedPushSecrets", store))
		stores, targets = stores+min(n, 1), targets+n
	}
	if declared := len(named) + selectors; stores < declared {
		x.number("declared_stores", declared)
		x.number("synced_stores", stores)
	}
	if declared := len(named) * len(x.list("spec", "data")); selectors == 0 && targets < declared {
		x.number("declared_targets", declared)
		x.number("synced_targets", targets)
	}
}

// store returns a store with the only provider and login method of the testbed.
func (x *expectedObject) store(reason string) {
	vault := x.object("spec", "provider", "vault")
	_, host, _ := strings.Cut(vault.text("server"), "://")
	x.add("info", "1", "provider", "vault", "server", host, "backend", host, "path", vault.text("path"), "auth_method", "kubernetes",
		"auth_mount", vault.text("auth", "kubernetes", "mountPath"), "capabilities", x.text("status", "capabilities"))
	if x.ready != nil {
		referent := x.labels["kind"] == "ClusterSecretStore" && vault.text("auth", "kubernetes", "serviceAccountRef", "namespace") == ""
		x.truth("validated", x.ready.text("status") == "True" && reason != "ValidationUnknown" && !referent)
	}
}
