// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxHost is the length of the longest DNS name.
const maxHost = 253

// The suffixes of the DNS names of Services: short, and with the default domain.
const (
	serviceDomain     = ".svc"
	fullServiceDomain = ".svc.cluster.local"
)

// ServerAddress returns the normalized host and port of a server in a store of External Secrets:
// lower case, with the default port of the scheme, and without the default cluster domain. It
// returns an empty string for an invalid address.
func ServerAddress(server string) string {
	if host := strings.TrimSuffix(strings.TrimPrefix(server, "//"), "/"); !strings.Contains(host, "/") {
		server = "https://" + host
	}
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	host, port, err := net.SplitHostPort(HostPort(u))
	if err != nil {
		return ""
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if service, ok := strings.CutSuffix(host, fullServiceDomain); ok {
		host = service + serviceDomain
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" || len(host) > maxHost {
		return ""
	}
	return net.JoinHostPort(host, port)
}

// storeAddress is an address of an OpenBao. The address of a Service is valid in its own cluster
// only; for other addresses, cluster is empty.
type storeAddress struct{ cluster, hostPort string }

// Backends finds the OpenBao behind a store.
type Backends struct{ identities map[storeAddress]string }

// Backends returns the addresses of all OpenBao clusters: those of the configuration, of the nodes,
// and of the Services of the nodes. An address that several clusters have belongs to the one that
// lists it in its configuration, or else to none.
func (c *Collectors) Backends() Backends {
	b := Backends{map[storeAddress]string{}}
	for _, o := range c.OpenBao {
		for _, address := range o.Addresses {
			b.identities[newStoreAddress(o.Cluster, ServerAddress(address))] = o.Identity()
		}
	}
	derived := map[storeAddress]string{}
	for _, o := range c.OpenBao {
		for _, address := range o.derivedAddresses() {
			at := newStoreAddress(o.Cluster, address)
			if by, ok := derived[at]; ok && by != o.Identity() {
				derived[at] = ""
				continue
			}
			derived[at] = o.Identity()
		}
	}
	for at, identity := range derived {
		if _, listed := b.identities[at]; !listed && identity != "" {
			b.identities[at] = identity
		}
	}
	return b
}

// Find returns the identity (cluster/name) of the OpenBao that a server address means in a cluster.
// Without a match it returns the normalized address, or an empty string for an invalid one.
func (b Backends) Find(cluster, server string) string {
	address := ServerAddress(server)
	if address == "" {
		return ""
	}
	if identity := b.identities[newStoreAddress(cluster, address)]; identity != "" {
		return identity
	}
	host, port, _ := net.SplitHostPort(address) // ServerAddress has joined them
	for _, service := range possibleServices(host) {
		if identity := b.identities[storeAddress{cluster, net.JoinHostPort(service, port)}]; identity != "" {
			return identity
		}
	}
	return address
}

// possibleServices returns the names of the Services that a host may mean: that of a pod, or one
// without the cluster domain.
func possibleServices(host string) []string {
	switch labels := strings.Split(host, "."); {
	case len(labels) == 4 && labels[3] == "svc":
		return []string{strings.Join(labels[1:], ".")}
	case len(labels) == 2 && net.ParseIP(host) == nil:
		return []string{host + serviceDomain}
	}
	return nil
}

func newStoreAddress(cluster, hostPort string) storeAddress {
	host, _, _ := net.SplitHostPort(hostPort) // an address without a port is not that of a Service
	if strings.HasSuffix(host, serviceDomain) {
		return storeAddress{cluster, hostPort}
	}
	return storeAddress{"", hostPort}
}

// Identity returns the value of the label backend for this OpenBao. The name alone is unique in one
// configuration only.
func (o *OpenBao) Identity() string { return o.Cluster + "/" + o.Name }

// derivedAddresses returns the addresses of the nodes and of their Services.
func (o *OpenBao) derivedAddresses() []string {
	var all []string
	for _, node := range o.Nodes {
		address := ServerAddress(node)
		all = append(all, address)
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			continue
		}
		if labels := strings.Split(host, "."); len(labels) == 4 && labels[3] == "svc" {
			all = append(all, serviceAddresses(labels[1], labels[2], port)...)
		}
	}
	if s := o.Service; s != nil {
		all = append(all, serviceAddresses(s.Name, s.Namespace, strconv.Itoa(cmp.Or(s.Port, 8200)))...)
	}
	return all
}

// serviceAddresses returns the addresses of a headless Service and of the other Services of the
// Helm chart of OpenBao.
func serviceAddresses(service, namespace, port string) []string {
	names := []string{service}
	if base, ok := strings.CutSuffix(service, "-internal"); ok {
		names = append(names, base, base+"-active", base+"-standby")
	}
	for i, name := range names {
		names[i] = net.JoinHostPort(strings.ToLower(name+"."+namespace+serviceDomain), port)
	}
	return names
}

// ownAddresses returns the addresses of an OpenBao that a store may have.
func (b Backends) ownAddresses(o *OpenBao) []string {
	var all []string
	for at, identity := range b.identities {
		if identity == o.Identity() {
			all = append(all, at.hostPort)
		}
	}
	slices.Sort(all)
	return all
}

// checkAddresses checks the addresses of an OpenBao; taken has those of the OpenBao clusters before
// it.
func (o *OpenBao) checkAddresses(at string, taken map[storeAddress]string, r *report) {
	for i, address := range o.Addresses {
		path := fmt.Sprintf("%s[%d]", at, i)
		if r.hasError(path) {
			continue
		}
		normal := ServerAddress(address)
		if normal == "" {
			r.errorf(path, "%s is not an address: use the server of the stores, such as https://openbao.example.com:8200", quote(address))
			continue
		}
		key := newStoreAddress(o.Cluster, normal)
		if other, ok := taken[key]; ok {
			r.errorf(path, "%s is already an address of %s in line %d: an address belongs to one OpenBao", quote(address), other, r.line(other))
			continue
		}
		taken[key] = path
	}
}
