//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// checkLeastPrivilege: with all roles of the chart nothing is refused, and each verb of each
// resource of each rule is used, by the audit log of the API server.
func checkLeastPrivilege(t *testing.T, c *testbed.Cluster, requests auditLog) {
	t.Helper()
	probe := testbed.NewObject("v1", "ServiceAccount", chartNamespace, "login-probe")
	harness.Must(t, c.Apply(t.Context(), probe))
	defer func() { harness.Must(t, c.Delete(t.Context(), probe)) }() // Helm creates its own later
	for _, set := range []string{"all", "discovery", "access"} {
		objects := renderSet(t, set)
		roles, config := resourceRoles(t, objects), exporterConfig(t, objects)
		t.Run(set, func(t *testing.T) {
			permitted(t, c, config, set, roles, func(all []harness.Series) error {
				if found := forbidden(all); len(found) > 0 {
					return fmt.Errorf("refused: %s", strings.Join(found, "\n"))
				}
				if unused := unusedPermissions(t, roles, requests.of(t, set)); len(unused) > 0 {
					return fmt.Errorf("not needed: %s", strings.Join(unused, "\n"))
				}
				return nil
			})
		})
		if set != "all" {
			continue
		}
		for _, verb := range []string{"list", "watch"} {
			t.Run("without "+verb, func(t *testing.T) { checkMissedPermissions(t, c, config, roles, verb) })
		}
	}
}

// checkMissedPermissions runs an exporter without a verb: the metrics have each kind that is watched.
func checkMissedPermissions(t *testing.T, c *testbed.Cluster, config map[string]any, roles []*unstructured.Unstructured, verb string) {
	t.Helper()
	watched := 0
	for _, p := range permissions(t, roles) {
		if p.verb == "watch" {
			watched++
		}
	}
	permitted(t, c, config, "without-"+verb, without(t, roles, verb), func(all []harness.Series) error {
		kinds := map[string]bool{}
		for _, s := range harness.Find(all, harness.Series{"": "cobaltcore_watch_failing", "reason": "forbidden", "=": "1"}) {
			kinds[s["group"]+"/"+s["kind"]] = true
		}
		if len(kinds) != watched {
			return fmt.Errorf("%d of %d kinds are reported as forbidden: %v", len(kinds), watched, slices.Sorted(maps.Keys(kinds)))
		}
		return nil
	})
}

// without returns the roles without a verb.
func without(t *testing.T, roles []*unstructured.Unstructured, verb string) []*unstructured.Unstructured {
	t.Helper()
	fewer := make([]*unstructured.Unstructured, len(roles))
	for i, role := range roles {
		fewer[i] = role.DeepCopy()
		rules, _, err := unstructured.NestedSlice(role.Object, "rules")
		harness.Must(t, err)
		rules = slices.DeleteFunc(rules, func(r any) bool {
			rule, _ := r.(map[string]any)
			verbs, _ := rule["verbs"].([]any)
			rule["verbs"] = slices.DeleteFunc(verbs, func(v any) bool { return v == verb })
			return len(stringsOf(rule["verbs"])) == 0
		})
		fewer[i].Object["rules"] = rules
	}
	return fewer
}

// resourceRoles returns the roles that are about resources, not about paths of the exporter.
func resourceRoles(t *testing.T, objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	t.Helper()
	return slices.DeleteFunc(selectKinds(objects, "ClusterRole", "Role"), func(role *unstructured.Unstructured) bool { return nonResource(t, role) })
}

// permitted runs an exporter with an account that has the roles, until its rows satisfy check.
func permitted(t *testing.T, c *testbed.Cluster, config map[string]any, name string, roles []*unstructured.Unstructured,
	check func([]harness.Series) error) {
	t.Helper()
	bindRoles(t, c, name, roles)
	token, err := c.ServiceAccountToken(t.Context(), chartNamespace, name, time.Hour)
	harness.Must(t, err)
	text, err := yaml.Marshal(config)
	harness.Must(t, err)
	var own map[string]any
	harness.Must(t, yaml.Unmarshal(text, &own))
	runOutsidePod(own, kubeconfigFor(t, c, token))
	// Only this cluster, and its kinds; listed first, so that both verbs show.
	clusters, _ := own["clusters"].([]any)
	local, _ := clusters[0].(map[string]any)
	local["watchList"] = false
	own["clusters"] = clusters[:1]
	delete(own, "alertmanager")
	delete(own, "rules")
	unstructured.RemoveNestedField(own, "collectors", "aurora")
	text, err = yaml.Marshal(own)
	harness.Must(t, err)
	e := harness.StartExporter(t, string(text), func(o *app.Options) {
		o.Dial = func(_ context.Context, network, address string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: network, Err: net.UnknownNetworkError("no server at " + address)}
		}
	})
	e.WaitReady(t)
	harness.Eventually(t, time.Minute, func() error {
		all, err := e.Scrape(t.Context())
		if err != nil {
			return err
		}
		return check(all)
	})
	e.Stop(t)
}

// bindRoles makes an account with copies of the roles, and waits until it has them.
func bindRoles(t *testing.T, c *testbed.Cluster, name string, roles []*unstructured.Unstructured) {
	t.Helper()
	objects := []*unstructured.Unstructured{testbed.NewObject("v1", "ServiceAccount", chartNamespace, name)}
	for _, role := range roles {
		rules, _, err := unstructured.NestedSlice(role.Object, "rules")
		harness.Must(t, err)
		if len(rules) == 0 {
			continue
		}
		own := testbed.NewObject(role.GetAPIVersion(), role.GetKind(), role.GetNamespace(), name)
		own.Object["rules"] = rules
		binding := testbed.NewObject(role.GetAPIVersion(), role.GetKind()+"Binding", role.GetNamespace(), name)
		binding.Object["roleRef"] = map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": role.GetKind(), "name": name}
		binding.Object["subjects"] = []any{map[string]any{"kind": "ServiceAccount", "namespace": chartNamespace, "name": name}}
		objects = append(objects, own, binding)
	}
	harness.Must(t, c.Apply(t.Context(), objects...))
	checkRoles(t, c, name, objects)
}

// checkRoles waits until the API server applies the roles of the account. Before that, it refuses all requests.
func checkRoles(t *testing.T, c *testbed.Cluster, account string, objects []*unstructured.Unstructured) {
	t.Helper()
	reviews := schema.GroupVersionResource{Group: "authorization.k8s.io", Version: "v1", Resource: "subjectaccessreviews"}
	for _, role := range selectKinds(objects, "ClusterRole", "Role") {
		if nonResource(t, role) {
			continue
		}
		rules, _, err := unstructured.NestedSlice(role.Object, "rules")
		harness.Must(t, err)
		r, _ := rules[0].(map[string]any)
		resource, subresource, _ := strings.Cut(stringsOf(r["resources"])[0], "/")
		attributes := map[string]any{
			"namespace": role.GetNamespace(), "verb": stringsOf(r["verbs"])[0], "group": stringsOf(r["apiGroups"])[0],
			"resource": resource, "subresource": subresource,
		}
		if names := stringsOf(r["resourceNames"]); len(names) > 0 {
			attributes["name"] = names[0]
		}
		review := testbed.NewObject("authorization.k8s.io/v1", "SubjectAccessReview", "", "")
		review.Object["spec"] = map[string]any{
			"user": "system:serviceaccount:" + chartNamespace + ":" + account, "resourceAttributes": attributes,
			"groups": []any{"system:serviceaccounts", "system:serviceaccounts:" + chartNamespace, "system:authenticated"},
		}
		harness.Eventually(t, time.Minute, func() error {
			answer, err := c.Dynamic.Resource(reviews).Create(t.Context(), review, metav1.CreateOptions{})
			if err != nil {
				return err
			}
			if ok, _, _ := unstructured.NestedBool(answer.Object, "status", "allowed"); !ok {
				return fmt.Errorf("%s may not yet do what %s %s/%s says", account, role.GetKind(), role.GetNamespace(), role.GetName())
			}
			return nil
		})
	}
}

// nonResource reports whether a role is about paths: those of the exporter itself.
func nonResource(t *testing.T, role *unstructured.Unstructured) bool {
	t.Helper()
	rules, _, err := unstructured.NestedSlice(role.Object, "rules")
	harness.Must(t, err)
	return slices.ContainsFunc(rules, func(r any) bool {
		rule, _ := r.(map[string]any)
		return rule["nonResourceURLs"] != nil
	})
}
