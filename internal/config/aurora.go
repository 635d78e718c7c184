// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Aurora is one Aurora dashboard. URL is empty only if its Cluster is a snapshot.
type Aurora struct {
	Name        string   `yaml:"name" jsonschema:"required,maxLength=253,pattern=^[0-9A-Za-z]([-.0-9A-Z_a-z]*[0-9A-Za-z])?$" hint:"Use letters, digits, '-', '_' and '.', with a letter or digit at both ends" jsonschema_description:"Name of the dashboard, unique. It is the value of the aurora label."`
	Cluster     string   `yaml:"cluster" jsonschema:"required,minLength=1" jsonschema_description:"The cluster of the fleet in which Aurora runs. If it is a snapshot and url is not set, the responses are read from aurora/<name>/<check>.json beside the directory of the snapshot, or in it."`
	URL         string   `yaml:"url,omitempty" jsonschema:"default=,pattern=^(https?://([^/?#@:\\s\\[\\]]+|\\[[.:0-9A-Fa-f]+\\])(:[0-9]+)?(/[^?#@\\s]*)?)?$" hint:"Use the URL of the dashboard, with nothing but scheme, host, port and path, such as https://aurora.example.com" jsonschema_description:"URL of the dashboard for users. Required unless the cluster is a snapshot."`
	BFFPath     string   `yaml:"bffPath" jsonschema:"default=/polaris-bff,pattern=^(/[-.0-9A-Z_a-z~]+)+$" hint:"Use a path such as /polaris-bff" jsonschema_description:"Path of the API of the dashboard below the URL (bffEndpoint in the configuration of Aurora)."`
	KeystoneURL string   `yaml:"keystoneURL,omitempty" jsonschema:"default=,pattern=^(https?://([^/?#@:\\s\\[\\]]+|\\[[.:0-9A-Fa-f]+\\])(:[0-9]+)?(/[^?#@\\s]*)?)?$" hint:"Use the URL of Keystone, with nothing but scheme, host, port and path, such as https://keystone.example.com/v3" jsonschema_description:"URL of Keystone, with or without /v3 (IDENTITY_ENDPOINT of Aurora). If empty, Keystone is not probed: Aurora itself does not report whether it can reach Keystone."`
	Interval    Duration `yaml:"interval" jsonschema:"default=30s,exclusiveMinimum=0" jsonschema_description:"Interval of the checks. They run concurrently."`
	Timeout     Duration `yaml:"timeout" jsonschema:"exclusiveMinimum=0" jsonschema_description:"Timeout of a check, including redirects; at most the interval. The default is 5s, or the interval if that is shorter."`
	TLS         TLS      `yaml:"tls,omitempty" jsonschema_description:"TLS settings for Aurora and Keystone. serverName applies to Aurora only."`
}

// auroraTimeout is the default timeout, unless the interval is shorter.
const auroraTimeout = Duration(5 * time.Second)

func (a *Aurora) check(at string, r *report) {
	switch {
	case a.Timeout == 0: // not in the file
		a.Timeout = min(auroraTimeout, a.Interval)
	case a.Timeout > a.Interval && a.Interval > 0:
		r.errorf(joinPath(at, "timeout"), "%v is longer than the interval of %v: a check would still be running when the next one is due", a.Timeout, a.Interval)
	}
	a.URL = baseURL(a.URL, joinPath(at, "url"), r)
	a.KeystoneURL = baseURL(a.KeystoneURL, joinPath(at, "keystoneURL"), r)
}

// baseURL checks rules that a pattern cannot express, and removes trailing slashes.
func baseURL(text, at string, r *report) string {
	if text == "" || r.hasError(at) {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		r.errorf(at, "%s is not a valid URL: check the host and the path", quote(text))
		return text
	}
	if port, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && (err != nil || port == 0) {
		r.errorf(at, "the port %s does not exist: use one from 1 to 65535", truncate(u.Port()))
	}
	return strings.TrimRight(text, "/")
}

// checkAurora checks rules that concern the whole file.
func (c *Config) checkAurora(at string, r *report) {
	first := map[string]int{}
	for i, a := range c.Collectors.Aurora {
		path := fmt.Sprintf("%s[%d]", at, i)
		if j, ok := first[a.Name]; ok && a.Name != "" {
			r.errorf(joinPath(path, "name"), "the name %q is already taken by collectors.aurora[%d] in line %d: the names of dashboards must be unique", a.Name, j, r.line(fmt.Sprintf("%s[%d].name", at, j)))
		} else {
			first[a.Name] = i
		}
		c.checkAuroraCluster(a, path, r)
	}
}

// checkAuroraCluster checks that the dashboard can be found. It does not report consequences of other errors.
func (c *Config) checkAuroraCluster(a Aurora, at string, r *report) {
	names := c.clusterNames()
	n := slices.Index(names, a.Cluster)
	switch {
	case a.Cluster == "" || r.hasError(fmt.Sprintf("clusters[%d]", n)): // reported already
	case n < 0 && (len(names) == 0 || slices.Contains(names, "")): // it may be meant
	case n < 0:
		r.errorf(joinPath(at, "cluster"), "there is no cluster %s%s", quote(a.Cluster), DidYouMean(a.Cluster, names))
	case a.URL == "" && c.Clusters[n].Snapshot == nil && !r.hasError(at, joinPath(at, "url")):
		r.errorf(at, "url is missing: add the URL of the dashboard")
	}
}
