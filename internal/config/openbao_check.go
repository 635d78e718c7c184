// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"net/url"
	gopath "path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// openBaoTimeout is the default timeout, unless the interval is shorter.
const openBaoTimeout = Duration(5 * time.Second)

// openBaoNodes is the number of nodes in the reference architecture.
const openBaoNodes = 3

// serviceAccountToken is the path at which Kubernetes mounts the token of a pod.
const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token" //nolint:gosec // a path

func (o *OpenBao) check(at string, r *report) {
	switch {
	case o.Timeout == 0: // not in the file
		o.Timeout = min(openBaoTimeout, o.Interval)
	case o.Timeout > o.Interval && o.Interval > 0:
		r.errorf(joinPath(at, "timeout"), "%v is longer than the interval of %v: a request would still be running when the next one is due", o.Timeout, o.Interval)
	}
	o.checkNodes(joinPath(at, "nodes"), r)
	if o.Service != nil && o.Service.Scheme == "https" && o.TLS.CAFile == "" && o.TLS.ServerName == "" && !o.TLS.InsecureSkipVerify &&
		!r.hasError(joinPath(at, "service"), joinPath(at, "tls")) {
		r.errorf(joinPath(at, "tls"), "a service needs caFile or serverName: without them, any server with a publicly trusted certificate is accepted as a node and receives the token")
	}
	if k := o.Auth.Kubernetes; k != nil {
		k.Mount = cmp.Or(authPath(k.Mount, joinPath(at, "auth.kubernetes.mount"), r), "kubernetes/"+o.Cluster)
		k.TokenFile = cmp.Or(k.TokenFile, serviceAccountToken)
	}
	o.Expect.checkNodes(joinPath(at, "expect"), r)
	o.Expect.Mounts = valueOrReference(mountTypes(o.Expect.Mounts, mountPath, joinPath(at, "expect.mounts"), r), referenceMounts())
	o.Expect.Auth = valueOrReference(mountTypes(o.Expect.Auth, authPath, joinPath(at, "expect.auth"), r), referenceAuth())
	if o.KV != nil {
		o.KV.checkMounts(joinPath(at, "kv.mounts"), r)
	}
	o.LoginProbe.Mount = authPath(o.LoginProbe.Mount, joinPath(at, "loginProbe.mount"), r)
}

// checkNodes checks rules that the pattern of a node cannot express. Two nodes with the same host
// and port would have the same label, even if their schemes differ.
func (o *OpenBao) checkNodes(at string, r *report) {
	first := map[string]int{}
	for i, node := range o.Nodes {
		path := fmt.Sprintf("%s[%d]", at, i)
		if r.hasError(path) {
			continue
		}
		o.Nodes[i] = strings.TrimSuffix(node, "/")
		u, err := url.Parse(o.Nodes[i])
		if err != nil {
			r.errorf(path, "%s is not a valid URL: check the host", quote(node))
			continue
		}
		if port, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && (err != nil || port == 0) {
			r.errorf(path, "the port %s does not exist: use one from 1 to 65535", truncate(u.Port()))
		}
		host := strings.ToLower(HostPort(u))
		if j, ok := first[host]; ok {
			r.errorf(path, "%s is the same node as nodes[%d] in line %d: remove one of them", quote(node), j, r.line(fmt.Sprintf("%s[%d]", at, j)))
			continue
		}
		first[host] = i
	}
}

// HostPort returns the host and port of a URL, with the default port of the scheme. It is the name
// of a node.
func HostPort(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Host
	case u.Scheme == "http":
		return net.JoinHostPort(u.Hostname(), "80")
	}
	return net.JoinHostPort(u.Hostname(), "443")
}

func (k *OpenBaoKV) checkMounts(at string, r *report) {
	first := map[string]int{}
	for i, mount := range k.Mounts {
		path := fmt.Sprintf("%s[%d]", at, i)
		if r.hasError(path) {
			continue
		}
		k.Mounts[i] = mountPath(mount, path, r)
		if j, ok := first[k.Mounts[i]]; ok {
			r.errorf(path, "%s is the same path as kv.mounts[%d] in line %d: remove one of them", quote(mount), j, r.line(fmt.Sprintf("%s[%d]", at, j)))
			continue
		}
		first[k.Mounts[i]] = i
	}
}

func (a *OpenBaoAuth) check(at string, r *report) {
	if a.Kubernetes != nil && a.TokenFile != "" {
		r.errorf(joinPath(at, "tokenFile"), "tokenFile and kubernetes are mutually exclusive: remove one of them")
	}
}

// mountPath removes the slashes around a path, because OpenBao writes one at the end and users may not.
func mountPath(path, at string, r *report) string {
	trimmed := strings.Trim(path, "/")
	if path != "" && (trimmed == "" || gopath.Clean("/"+trimmed) != "/"+trimmed) {
		r.errorf(at, "%s is not the path of a mount: fill it in, or remove it", quote(path))
	}
	return trimmed
}

// checkNodes computes the missing numbers of nodes from the configured ones.
func (e *OpenBaoExpect) checkNodes(at string, r *report) {
	if r.hasError(joinPath(at, "nodes"), joinPath(at, "voters"), joinPath(at, "nonVoters")) {
		return
	}
	switch {
	case e.Nodes == 0 && e.Voters > 0:
		e.Nodes = e.Voters + e.NonVoters
	case e.Nodes == 0:
		e.Nodes = max(openBaoNodes, e.NonVoters+1)
	}
	switch {
	case e.Voters == 0 && e.NonVoters >= e.Nodes:
		r.errorf(joinPath(at, "nonVoters"), "%d of %d nodes are non-voters: at least one node must vote", e.NonVoters, e.Nodes)
	case e.Voters == 0 && e.NonVoters > 0:
		e.Voters = e.Nodes - e.NonVoters
	case e.Voters > 0 && e.NonVoters == 0 && e.Voters < e.Nodes:
		e.NonVoters = e.Nodes - e.Voters
	case e.Voters > 0 && e.Voters+e.NonVoters != e.Nodes:
		r.errorf(joinPath(at, "nodes"), "%d nodes, but %d voters and %d non-voters: remove this key, or correct the others", e.Nodes, e.Voters, e.NonVoters)
	}
}

// authPath is mountPath for an auth method, also with auth/ in front as in API paths.
func authPath(path, at string, r *report) string {
	return strings.TrimPrefix(mountPath(path, at, r), "auth/")
}

// mountTypes applies mountPath or authPath to the keys of a map. A nil map stays nil.
func mountTypes(types map[string]string, normal func(path, at string, r *report) string, at string, r *report) map[string]string {
	if types == nil {
		return nil
	}
	line := func(path string) int { return r.line(joinEntry(at, path)) }
	paths := slices.SortedFunc(maps.Keys(types), func(a, b string) int {
		return cmp.Or(cmp.Compare(line(a), line(b)), cmp.Compare(a, b))
	})
	trimmed, first := map[string]string{}, map[string]string{}
	for _, path := range paths {
		key := normal(path, joinEntry(at, path), r)
		switch other, ok := first[key]; {
		case path == "":
			r.errorf(joinEntry(at, path), "the path is empty: fill it in, or remove it")
		case ok:
			r.errorf(joinEntry(at, path), "is the same path as %s in line %d: remove one of them", quote(other), line(other))
		default:
			first[key], trimmed[key] = path, types[path]
		}
	}
	return trimmed
}

// valueOrReference returns the configured value, which may be empty, or the reference if the key is missing.
func valueOrReference(configured, reference map[string]string) map[string]string {
	if configured == nil {
		return reference
	}
	return configured
}

// referenceMounts returns the secrets engines of the CobaltCore reference architecture.
func referenceMounts() map[string]string {
	return map[string]string{
		"kv-v2/bootstrap": "kv-v2", "kv-v2/openstack": "kv-v2", "kv-v2/infrastructure": "kv-v2", "kv-v2/ceph": "kv-v2",
		"pki": "pki",
	}
}

// AssumesMounts reports whether the expected secrets engines are the default from the reference architecture, so that this
// OpenBao may have others.
func (e OpenBaoExpect) AssumesMounts() bool { return maps.Equal(e.Mounts, referenceMounts()) }

func referenceAuth() map[string]string {
	return map[string]string{
		"kubernetes/management": "kubernetes", "kubernetes/control-plane": "kubernetes",
		"kubernetes/hypervisor": "kubernetes", "kubernetes/storage": "kubernetes",
		"approle/ci-cd": "approle",
	}
}

// checkOpenBao checks rules that concern the whole file.
func (c *Config) checkOpenBao(at string, r *report) {
	names := c.clusterNames()
	live := c.liveClusters()
	first := map[string]int{}
	taken := map[storeAddress]string{}
	for i, o := range c.Collectors.OpenBao {
		path := fmt.Sprintf("%s[%d]", at, i)
		o.checkAddresses(joinPath(path, "addresses"), taken, r)
		if j, ok := first[o.Name]; ok && o.Name != "" {
			r.errorf(joinPath(path, "name"), "the name %q is already taken by collectors.openbao[%d] in line %d: the names of OpenBao clusters must be unique", o.Name, j, r.line(fmt.Sprintf("%s[%d].name", at, j)))
		} else {
			first[o.Name] = i
		}
		c.checkOpenBaoCluster(o, names, path, r)
		if p := o.LoginProbe; p.Enabled && p.Mount != "" && !strings.Contains(p.Mount, "{cluster}") && live > 1 {
			r.errorf(joinPath(path, "loginProbe.mount"), "%s would be the same for every cluster: add {cluster} where the cluster name belongs", quote(p.Mount))
		}
	}
}

// checkOpenBaoCluster checks that the nodes can be found. names are the names of all clusters. It does not report
// consequences of other errors.
func (c *Config) checkOpenBaoCluster(o OpenBao, names []string, at string, r *report) {
	n := slices.Index(names, o.Cluster)
	switch {
	case o.Cluster == "" || r.hasError(fmt.Sprintf("clusters[%d]", n)): // reported already
	case n < 0 && (len(names) == 0 || slices.Contains(names, "")): // it may be meant
	case n < 0:
		r.errorf(joinPath(at, "cluster"), "there is no cluster %s%s", quote(o.Cluster), DidYouMean(o.Cluster, names))
	case o.Service != nil && c.Clusters[n].Snapshot != nil:
		r.errorf(joinPath(at, "service"), "the cluster %q is a snapshot, which has no Service: list the nodes, or remove this key to read the answers of the snapshot", o.Cluster)
	case o.Service == nil && len(o.Nodes) == 0 && c.Clusters[n].Snapshot == nil && !r.hasError(at, joinPath(at, "nodes"), joinPath(at, "service")):
		r.errorf(at, "nodes or service is missing: add one of them")
	}
}

// liveClusters counts the clusters that can issue tokens. Each source of discovered clusters counts
// as one.
func (c *Config) liveClusters() int {
	n := len(c.Discover)
	for _, cluster := range c.Clusters {
		if cluster.Snapshot == nil {
			n++
		}
	}
	return n
}
