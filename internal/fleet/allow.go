// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// allowances are what the kubeconfigs of a place may have, see config.Discover. Who
// writes such a Secret must not reach through the exporter what only the exporter reaches.
type allowances []string

const (
	allowProxy         = "proxy"
	allowLoopback      = "loopback"
	allowLinkLocal     = "linkLocal"
	allowImpersonation = "impersonation"
	allowInsecure      = "insecure"
)

func (a allowances) has(what string) bool { return slices.Contains(a, what) }

// refuses returns why the credentials are refused; empty if they are not.
func (a allowances) refuses(cluster *clientcmdapi.Cluster, user *clientcmdapi.AuthInfo) failure.Reason {
	switch {
	case !a.has(allowInsecure) && (cluster.InsecureSkipTLSVerify || strings.HasPrefix(cluster.Server, "http:")):
		return ReasonInsecure
	case !a.has(allowProxy) && cluster.ProxyURL != "":
		return ReasonProxy
	case !a.has(allowImpersonation) && (user.Impersonate != "" || user.ImpersonateUID != "" ||
		len(user.ImpersonateGroups)+len(user.ImpersonateUserExtra) > 0):
		return ReasonImpersonates
	}
	server, err := url.Parse(cluster.Server)
	if err != nil {
		return ReasonNoKubeconfig
	}
	host := strings.ToLower(strings.TrimSuffix(server.Hostname(), "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		host = "127.0.0.1"
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return a.refusesAddress(address)
	}
	return "" // a name: dialer looks at its addresses
}

// refusesAddress returns why a server at an address is refused; empty if it is not.
func (a allowances) refusesAddress(address netip.Addr) failure.Reason {
	address = translated(address.Unmap().WithZone(""))
	switch {
	case !a.has(allowLoopback) && (address.IsLoopback() || address.IsUnspecified()):
		return ReasonLoopback
	case !a.has(allowLinkLocal) && (address.IsLinkLocalUnicast() || slices.Contains(metadataServers(), address)):
		return ReasonLinkLocal
	}
	return ""
}

// IsPodAddress reports whether text is an IP address that a pod can have. Names, and addresses that
// discovered kubeconfigs may not use either, are not: through them, whoever writes the status of a pod
// or an EndpointSlice could send requests of the exporter to other servers.
func IsPodAddress(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && address.Zone() == "" && address.Unmap().IsGlobalUnicast() && allowances(nil).refusesAddress(address) == ""
}

// translated returns the IPv4 address that a gateway reaches for an IPv6 address that has it inside:
// the well-known prefix of NAT64 (RFC 6052) and 6to4 (RFC 3056).
func translated(address netip.Addr) netip.Addr {
	b := address.As16()
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(address):
		return netip.AddrFrom4([4]byte(b[12:]))
	case netip.MustParsePrefix("2002::/16").Contains(address):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return address
}

// metadataServers returns where clouds serve credentials of a machine, apart from the
// link-local address of most: Amazon's with IPv6, Alibaba's, Azure's WireServer and Oracle's.
func metadataServers() []netip.Addr {
	return []netip.Addr{
		netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200"),
		netip.MustParseAddr("168.63.129.16"), netip.MustParseAddr("192.0.0.192"),
	}
}

// dialer returns a dialer that refuses addresses also if a name leads there, whatever its
// name server answers at that moment.
func (a allowances) dialer() *net.Dialer {
	return &net.Dialer{
		Timeout: 30 * time.Second, KeepAlive: 30 * time.Second, // as client-go has them
		Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("%w: not an address", failure.ErrConfig)
			}
			if reason := a.refusesAddress(to.Addr()); reason != "" {
				return fmt.Errorf("%w: the server of the kubeconfig has an address that is refused (%s): see discover[].allow", failure.ErrConfig, reason)
			}
			return nil
		},
	}
}
