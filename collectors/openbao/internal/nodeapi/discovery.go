// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

// FindTimeout bounds one request to the API server.
const FindTimeout = 10 * time.Second

// finder finds the nodes behind a headless Service, including nodes that are not ready, because sealed nodes are not.
type finder struct {
	service config.OpenBaoService
	cluster string
	lookup  func(name string) (fleet.Cluster, bool)

	connected fleet.Cluster
	client    *fleet.Client
}

// endpointSlices has the fields of an EndpointSliceList that are used.
type endpointSlices struct {
	Items []struct {
		AddressType string     `json:"addressType"`
		Endpoints   []endpoint `json:"endpoints"`
	} `json:"items"`
}

// endpoint has the fields of an endpoint that are used.
type endpoint struct {
	Addresses []string `json:"addresses"`
	Hostname  string   `json:"hostname"`
	TargetRef *struct {
		Kind string `json:"kind"`
		Name string `json:"name"`
	} `json:"targetRef"`
}

// find returns the nodes. If it returns both nodes and an error, the error is about nodes that are left out.
func (f *finder) find(ctx context.Context) ([]target, error) {
	c, ok := f.lookup(f.cluster)
	if !ok {
		return nil, failure.Errorf(failure.ReasonNotFound, "there is no cluster %q", f.cluster)
	}
	if f.client == nil || !f.connected.Equal(c) {
		f.close()
		f.client, f.connected = fleet.NewClient(c, fleet.ClientOptions{}), c
	}
	var list endpointSlices
	path := "/apis/discovery.k8s.io/v1/namespaces/" + url.PathEscape(f.service.Namespace) + "/endpointslices"
	query := url.Values{"labelSelector": {"kubernetes.io/service-name=" + f.service.Name}}
	if err := f.client.Get(ctx, path, query, &list); err != nil {
		return nil, failure.FromAPI(err)
	}
	return f.targets(list)
}

// maxNodes bounds the nodes of an OpenBao cluster, because each is queried in every round and has its own rows.
const maxNodes = 32

// targets returns one target for each pod, at most maxNodes, and an error if some are left out. If a pod has addresses of
// both families, the target has the IPv4 address.
func (f *finder) targets(list endpointSlices) ([]target, error) {
	byName := map[string]target{}
	refused := 0
	for _, family := range []string{"IPv4", "IPv6", "FQDN"} {
		for _, slice := range list.Items {
			if slice.AddressType != family {
				continue
			}
			for _, e := range slice.Endpoints {
				switch t, ok := f.target(e); {
				case len(e.Addresses) == 0:
				case !ok:
					refused++
				case byName[t.name] == target{}:
					byName[t.name] = t
				}
			}
		}
	}
	names := slices.Sorted(maps.Keys(byName))
	targets := make([]target, min(len(names), maxNodes))
	for i := range targets {
		targets[i] = byName[names[i]]
	}
	switch left := len(names) - len(targets); {
	case left > 0:
		return targets, failure.Errorf(failure.ReasonTooLarge, "%d of %d nodes are left out: the limit is %d", left, len(names), maxNodes)
	case refused > 0:
		return targets, failure.Errorf(failure.ReasonDecode, "%d addresses are refused: a node must have an IP address that is not loopback, link-local or of a metadata server", refused)
	}
	return targets, nil
}

// target returns the target of an endpoint, unless its address cannot be the address of a pod.
func (f *finder) target(e endpoint) (target, bool) {
	if len(e.Addresses) == 0 || !fleet.IsPodAddress(e.Addresses[0]) {
		return target{}, false
	}
	t := target{name: e.Addresses[0]}
	switch {
	case e.TargetRef != nil && e.TargetRef.Kind == "Pod" && e.TargetRef.Name != "":
		t.name = e.TargetRef.Name
	case e.Hostname != "":
		t.name = e.Hostname
	}
	t.url = f.service.Scheme + "://" + net.JoinHostPort(e.Addresses[0], strconv.Itoa(f.service.Port))
	if e.Hostname != "" {
		// The name in the certificates of the reference architecture.
		t.serverName = e.Hostname + "." + f.service.Name
	}
	return t, true
}

func (f *finder) close() {
	if f.client != nil {
		f.client.Close()
	}
}

// withServerName sets the required name in the certificate of a node, unless it is configured.
func withServerName(c *tls.Config, name string) *tls.Config {
	if c.ServerName != "" || name == "" {
		return c
	}
	c = c.Clone()
	c.ServerName = name
	return c
}
