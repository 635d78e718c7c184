//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

// permission is a verb and a resource that a role permits or a request needs. Without a
// namespace, it applies to all namespaces.
type permission struct{ verb, group, resource, namespace string }

func (p permission) String() string {
	return strings.Join([]string{p.verb, p.group + "/" + p.resource, p.namespace}, " ")
}

// auditLog is where an API server writes the requests of service accounts.
type auditLog struct {
	path      string
	arguments []string // of the API server
}

func newAuditLog(t *testing.T) auditLog {
	t.Helper()
	dir := t.TempDir()
	policy, log := filepath.Join(dir, "policy.yaml"), filepath.Join(dir, "audit.log")
	harness.Must(t, os.WriteFile(policy, fmt.Appendf(nil, `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Metadata, userGroups: ["system:serviceaccounts:%s"]}
- {level: None}
`, chartNamespace), 0o600))
	return auditLog{path: log, arguments: []string{"--audit-policy-file=" + policy, "--audit-log-path=" + log}}
}

// of returns the permissions of the account's requests that the API server allowed.
func (l auditLog) of(t *testing.T, account string) map[permission]bool {
	t.Helper()
	file, err := os.Open(l.path)
	harness.Must(t, err)
	defer func() { _ = file.Close() }()
	used := map[permission]bool{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event struct {
			Verb        string
			User        struct{ Username string }
			ObjectRef   struct{ Resource, Subresource, Namespace, APIGroup string }
			Annotations map[string]string
		}
		if json.Unmarshal(lines.Bytes(), &event) != nil {
			continue // the last line is being written
		}
		if event.User.Username != "system:serviceaccount:"+chartNamespace+":"+account || event.Annotations["authorization.k8s.io/decision"] != "allow" {
			continue
		}
		resource := strings.TrimSuffix(event.ObjectRef.Resource+"/"+event.ObjectRef.Subresource, "/")
		p := permission{verb: event.Verb, group: event.ObjectRef.APIGroup, resource: resource}
		used[p] = true
		p.namespace = event.ObjectRef.Namespace
		used[p] = true
	}
	harness.Must(t, lines.Err())
	return used
}

// permissions returns each verb of each resource of the roles.
func permissions(t *testing.T, roles []*unstructured.Unstructured) []permission {
	t.Helper()
	var all []permission
	for _, role := range roles {
		rules, _, err := unstructured.NestedSlice(role.Object, "rules")
		harness.Must(t, err)
		for _, r := range rules {
			rule, _ := r.(map[string]any)
			for _, verb := range stringsOf(rule["verbs"]) {
				for _, group := range stringsOf(rule["apiGroups"]) {
					for _, resource := range stringsOf(rule["resources"]) {
						all = append(all, permission{verb: verb, group: group, resource: resource, namespace: role.GetNamespace()})
					}
				}
			}
		}
	}
	return all
}

// unusedPermissions returns the permissions of the roles that no request needed.
func unusedPermissions(t *testing.T, roles []*unstructured.Unstructured, used map[permission]bool) []string {
	t.Helper()
	var unused []string
	for _, p := range permissions(t, roles) {
		if !used[p] {
			unused = append(unused, p.String())
		}
	}
	slices.Sort(unused)
	return unused
}
