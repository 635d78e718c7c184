// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ask

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
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// FindTimeout bounds one question to the API server.
const FindTimeout = 10 * time.Second

// finder finds the nodes behind a headless Service, ready or not: a sealed node
// is not ready, and it is the one to look at.
type finder struct {
	service config.OpenBaoService
	cluster string
	lookup  func(name string) (fleet.Cluster, bool)

	connected fleet.Cluster
	client    *fleet.Client
}

// endpointSlices is the part of an EndpointSliceList that matters here.
type endpointSlices struct {
	Items []struct {
		AddressType string `json:"addressType"`
		Endpoints   []struct {
			Addresses []string `json:"addresses"`
			Hostname  string   `json:"hostname"`
			TargetRef *struct {
				Kind string `json:"kind"`
				Name string `json:"name"`
			} `json:"targetRef"`
		} `json:"endpoints"`
	} `json:"items"`
}

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
	return f.targets(list), nil
}

// targets are one for each pod. Of a pod with addresses of both families, it is
// the IPv4 one.
func (f *finder) targets(list endpointSlices) []target {
	byName := map[string]target{}
	for _, family := range []string{"IPv4", "IPv6", "FQDN"} {
		for _, slice := range list.Items {
			if slice.AddressType != family {
				continue
			}
			for _, e := range slice.Endpoints {
				if len(e.Addresses) == 0 {
					continue
				}
				name := e.Addresses[0]
				switch {
				case e.TargetRef != nil && e.TargetRef.Kind == "Pod" && e.TargetRef.Name != "":
					name = e.TargetRef.Name
				case e.Hostname != "":
					name = e.Hostname
				}
				if _, ok := byName[name]; ok {
					continue
				}
				t := target{name: name}
				t.url = f.service.Scheme + "://" + net.JoinHostPort(e.Addresses[0], strconv.Itoa(f.service.Port))
				if e.Hostname != "" {
					// The name that the certificates of the reference architecture have.
					t.serverName = e.Hostname + "." + f.service.Name
				}
				byName[name] = t
			}
		}
	}
	names := slices.Sorted(maps.Keys(byName))
	targets := make([]target, len(names))
	for i, name := range names {
		targets[i] = byName[name]
	}
	return targets
}

func (f *finder) close() {
	if f.client != nil {
		f.client.Close()
	}
}

// withServerName sets the name that a node's certificate must have, unless the
// configuration does.
func withServerName(c *tls.Config, name string) *tls.Config {
	if c.ServerName != "" || name == "" {
		return c
	}
	c = c.Clone()
	c.ServerName = name
	return c
}
