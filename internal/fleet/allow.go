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

// allowances lists the features that the kubeconfigs of a source may use, see config.Discover. The checks prevent that the
// author of a Secret reaches addresses through the exporter that only the exporter can reach.
type allowances []string

const (
	allowProxy         = "proxy"
	allowLoopback      = "loopback"
	allowLinkLocal     = "linkLocal"
	allowImpersonation = "impersonation"
	allowInsecure      = "insecure"
)

func (a allowances) contains(what string) bool { return slices.Contains(a, what) }

// refusalReason returns the reason why the credentials are refused, or an empty reason if they are accepted.
func (a allowances) refusalReason(cluster *clientcmdapi.Cluster, user *clientcmdapi.AuthInfo) failure.Reason {
	switch {
	case !a.contains(allowInsecure) && (cluster.InsecureSkipTLSVerify || strings.HasPrefix(cluster.Server, "http:")):
		return ReasonInsecure
	case !a.contains(allowProxy) && cluster.ProxyURL != "":
		return ReasonProxy
	case !a.contains(allowImpersonation) && (user.Impersonate != "" || user.ImpersonateUID != "" ||
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
		return a.addressRefusalReason(address)
	}
	return "" // a name: dialer checks its addresses
}

// addressRefusalReason returns the reason why a server at an address is refused, or an empty reason if it is accepted.
func (a allowances) addressRefusalReason(address netip.Addr) failure.Reason {
	address = translatedIPv4(address.Unmap().WithZone(""))
	switch {
	case !a.contains(allowLoopback) && (address.IsLoopback() || address.IsUnspecified()):
		return ReasonLoopback
	case !a.contains(allowLinkLocal) && (address.IsLinkLocalUnicast() || slices.Contains(metadataServers(), address)):
		return ReasonLinkLocal
	}
	return ""
}

// IsPodAddress reports whether text is an IP address that a pod can have. Names are refused, and so are addresses that
// discovered kubeconfigs must not use. Otherwise the author of an EndpointSlice, or of the status of a pod, could make the
// exporter send requests to other servers.
func IsPodAddress(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && address.Zone() == "" && address.Unmap().IsGlobalUnicast() && allowances(nil).addressRefusalReason(address) == ""
}

// translatedIPv4 returns the IPv4 address to which a gateway translates an IPv6 address: NAT64 with the well-known prefix
// (RFC 6052), and 6to4 (RFC 3056). Other addresses are returned unchanged.
func translatedIPv4(address netip.Addr) netip.Addr {
	b := address.As16()
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(address):
		return netip.AddrFrom4([4]byte(b[12:]))
	case netip.MustParsePrefix("2002::/16").Contains(address):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return address
}

// metadataServers returns the addresses at which clouds serve machine credentials, except the usual link-local address:
// Amazon over IPv6, Alibaba, WireServer of Azure, and Oracle.
func metadataServers() []netip.Addr {
	return []netip.Addr{
		netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200"),
		netip.MustParseAddr("168.63.129.16"), netip.MustParseAddr("192.0.0.192"),
	}
}

// dialer returns a dialer that checks the resolved address of each connection. A check of the name would not be enough,
// because a DNS server may return another address at any time.
func (a allowances) dialer() *net.Dialer {
	return &net.Dialer{
		Timeout: 30 * time.Second, KeepAlive: 30 * time.Second, // defaults of client-go
		Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("%w: not an address", failure.ErrConfig)
			}
			if reason := a.addressRefusalReason(to.Addr()); reason != "" {
				return fmt.Errorf("%w: the server of the kubeconfig has an address that is refused (%s): see discover[].allow", failure.ErrConfig, reason)
			}
			return nil
		},
	}
}
