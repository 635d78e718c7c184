// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"encoding/base64"
	"net"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// kubeconfigWith returns a kubeconfig with additional fields in its cluster and its user.
func kubeconfigWith(cluster, user string) string {
	return `apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: 'https://a.example.com', ` + cluster + `}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {` + user + `}}]
`
}

func TestKubeconfigOfASecret(t *testing.T) {
	const insecure = "insecure-skip-tls-verify: true"
	certificate, key := testutil.LargeKey(t, 1<<20) // which takes hours to use
	encoded := base64.StdEncoding.EncodeToString
	for name, tc := range map[string]struct {
		kubeconfig string
		allow      allowances
		want       failure.Reason
	}{
		"token":                {kubeconfig: kubeconfigWith("", "token: t0ken")},
		"basic auth":           {kubeconfig: kubeconfigWith("", "username: u, password: t0ken")},
		"no credentials":       {kubeconfig: kubeconfigWith("", "")},
		"server name":          {kubeconfig: kubeconfigWith("tls-server-name: kubernetes", "token: t0ken")},
		"no user":              {kubeconfig: strings.Replace(kubeconfigWith("", ""), ", user: u", "", 1)},
		"JSON":                 {kubeconfig: toJSON(t, kubeconfigWith("", "token: t0ken"))},
		"exec":                 {kubeconfig: kubeconfigWith("", "exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/true, interactiveMode: Never}"), want: ReasonExec},
		"exec beside a token":  {kubeconfig: kubeconfigWith("", "token: t0ken, exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: sh}"), want: ReasonExec},
		"exec, and allowed":    {kubeconfig: kubeconfigWith("", "exec: {command: sh}"), allow: allowances{allowInsecure}, want: ReasonExec},
		"auth provider":        {kubeconfig: kubeconfigWith("", "auth-provider: {name: oidc, config: {refresh-token: t0ken}}"), want: ReasonAuthProvider},
		"client certificate":   {kubeconfig: kubeconfigWith("", "client-certificate: /etc/tls.crt"), want: ReasonFile},
		"client key":           {kubeconfig: kubeconfigWith("", "client-key: tls.key"), want: ReasonFile},
		"token file":           {kubeconfig: kubeconfigWith("", "tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token"), want: ReasonFile},
		"… beside a token":     {kubeconfig: kubeconfigWith("", "token: t0ken, tokenFile: /etc/token"), want: ReasonFile},
		"CA file":              {kubeconfig: kubeconfigWith("certificate-authority: /etc/ca.crt", "token: t0ken"), want: ReasonFile},
		"CA file, and allowed": {kubeconfig: kubeconfigWith("certificate-authority: /etc/ca.crt", "token: t0ken"), allow: allowances{allowInsecure}, want: ReasonFile},
		"not verified":         {kubeconfig: kubeconfigWith(insecure, "token: t0ken"), want: ReasonInsecure},
		"… and allowed":        {kubeconfig: kubeconfigWith(insecure, "token: t0ken"), allow: allowances{allowInsecure}},
		"http":                 {kubeconfig: strings.Replace(kubeconfigWith("", "token: t0ken"), "https:", "http:", 1), want: ReasonInsecure},
		"http, and allowed":    {kubeconfig: strings.Replace(kubeconfigWith("", "token: t0ken"), "https:", "http:", 1), allow: allowances{allowInsecure}},
		"another scheme":       {kubeconfig: strings.Replace(kubeconfigWith("", ""), "https:", "unix:", 1), want: ReasonNoKubeconfig},
		"no server":            {kubeconfig: strings.Replace(kubeconfigWith("", ""), "https://a.example.com", "", 1), want: ReasonNoKubeconfig},
		"a broken server":      {kubeconfig: strings.Replace(kubeconfigWith("", ""), "a.example.com", "u:t0ken/@%zz", 1), want: ReasonNoKubeconfig},
		"no current context":   {kubeconfig: strings.Replace(kubeconfigWith("", ""), "current-context: c", "", 1), want: ReasonNoKubeconfig},
		"unknown context":      {kubeconfig: strings.Replace(kubeconfigWith("", ""), "current-context: c", "current-context: d", 1), want: ReasonNoKubeconfig},
		"unknown cluster":      {kubeconfig: strings.Replace(kubeconfigWith("", ""), "cluster: c,", "cluster: d,", 1), want: ReasonNoKubeconfig},
		"unknown user":         {kubeconfig: strings.Replace(kubeconfigWith("", ""), "user: u}", "user: v}", 1), want: ReasonNoKubeconfig},
		"a broken certificate": {kubeconfig: kubeconfigWith("certificate-authority-data: dDBrZW4=", ""), want: ReasonNoKubeconfig},
		"a broken proxy":       {kubeconfig: kubeconfigWith("proxy-url: 'ftp://u:t0ken@x'", ""), allow: allowances{allowProxy}, want: ReasonNoKubeconfig},
		"proxy":                {kubeconfig: kubeconfigWith("proxy-url: 'http://p.example.com'", ""), want: ReasonProxy},
		"proxy, and allowed":   {kubeconfig: kubeconfigWith("proxy-url: 'http://p.example.com'", ""), allow: allowances{allowProxy}},
		"impersonation":        {kubeconfig: kubeconfigWith("", "token: t0ken, as: admin"), want: ReasonImpersonates},
		"of groups":            {kubeconfig: kubeconfigWith("", "token: t0ken, as: a, as-groups: ['system:masters']"), want: ReasonImpersonates},
		"… is allowed":         {kubeconfig: kubeconfigWith("", "token: t0ken, as: a"), allow: allowances{allowImpersonation}},
		"broken YAML":          {kubeconfig: "clusters: [t0ken", want: ReasonNoKubeconfig},
		"text":                 {kubeconfig: "t0ken", want: ReasonNoKubeconfig},
		"an alias":             {kubeconfig: kubeconfigWith("extensions: &e [], extra: *e", "token: t0ken")},
		"75 GB of aliases":     {kubeconfig: kubeconfigWith("", "token: t0ken") + testutil.ManyAliases(), want: ReasonNoKubeconfig},
		"a CA's large key":     {kubeconfig: kubeconfigWith("certificate-authority-data: "+encoded(certificate), "token: t0ken"), want: ReasonNoKubeconfig},
		"a large client key": {
			kubeconfig: kubeconfigWith("", "client-certificate-data: "+encoded(certificate)+", client-key-data: "+encoded(key)), want: ReasonNoKubeconfig,
		},
		"another kind":         {kubeconfig: "kind: Secret\napiVersion: v1", want: ReasonNoKubeconfig},
		"nothing":              {want: ReasonNoKubeconfig},
		"exec of another user": {kubeconfig: kubeconfigWith("", "token: t0ken}}, {name: v, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: sh}")},
	} {
		t.Run(name, func(t *testing.T) {
			config, reason := fromSecret([]byte(tc.kubeconfig), tc.allow)
			if reason != tc.want || (config == nil) != (tc.want != "") {
				t.Fatalf("%v, %q; want %q", config, reason, tc.want)
			}
			if config == nil {
				return
			}
			if config.ExecProvider != nil || config.AuthProvider != nil || config.BearerTokenFile != "" || config.CAFile != "" ||
				config.CertFile != "" || config.KeyFile != "" {
				t.Errorf("%s", config)
			}
		})
	}
}

// TestRefusedServers checks that an address is refused in every notation.
func TestRefusedServers(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]failure.Reason{
		"a.example.com": "", "10.0.0.1": "", "[2001:db8::1]": "", "192.168.1.1": "",
		"127.0.0.1": ReasonLoopback, "127.8.9.1": ReasonLoopback, "[::1]": ReasonLoopback, "[::ffff:127.0.0.1]": ReasonLoopback, "0.0.0.0": ReasonLoopback, "[::]": ReasonLoopback,
		"localhost": ReasonLoopback, "LocalHost.": ReasonLoopback, "a.localhost": ReasonLoopback,
		"169.254.169.254": ReasonLinkLocal, "[fe80::1]": ReasonLinkLocal, "[::ffff:169.254.1.1]": ReasonLinkLocal, "[fd00:ec2::254]": ReasonLinkLocal, "100.100.100.200": ReasonLinkLocal, "168.63.129.16": ReasonLinkLocal, "192.0.0.192": ReasonLinkLocal,
		"[64:ff9b::7f00:1]": ReasonLoopback, "[64:ff9b::a9fe:a9fe]": ReasonLinkLocal, "[2002:a9fe:a9fe::1]": ReasonLinkLocal, "[64:ff9b::a00:1]": "",
	} {
		kubeconfig := strings.Replace(kubeconfigWith("", "token: t0ken"), "a.example.com", server+":6443", 1)
		if _, reason := fromSecret([]byte(kubeconfig), nil); reason != want {
			t.Errorf("%s: %q, want %q", server, reason, want)
		}
		if _, reason := fromSecret([]byte(kubeconfig), allowances{allowLoopback, allowLinkLocal}); reason != "" {
			t.Errorf("%s, allowed: %q", server, reason)
		}
	}
}

func TestIsPodAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"10.0.0.1": true, "192.0.2.1": true, "fd00::1": true, "::ffff:10.0.0.1": true, "64:ff9b::a00:1": true,
		"": false, "a.example.com": false, "localhost": false, "10.0.0.1:80": false, "0x7f000001": false, "2130706433": false,
		"127.0.0.1": false, "::1": false, "0.0.0.0": false, "::": false, "::ffff:127.0.0.1": false, "64:ff9b::7f00:1": false,
		"169.254.169.254": false, "fe80::1": false, "fd00::1%eth0": false, "::ffff:169.254.169.254": false, "64:ff9b::a9fe:a9fe": false,
		"2002:a9fe:a9fe::1": false, "fd00:ec2::254": false, "100.100.100.200": false, "168.63.129.16": false, "224.0.0.1": false, "255.255.255.255": false, "ff02::1": false,
	} {
		if got := IsPodAddress(address); got != want {
			t.Errorf("%q: %v, want %v", address, got, want)
		}
	}
}

// TestNamesOfRefusedAddresses checks that the dialer refuses names that resolve to refused addresses.
func TestNamesOfRefusedAddresses(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	_, err = allowances{}.dialer().DialContext(t.Context(), "tcp", l.Addr().String())
	if failure.Classify(err) != failure.ReasonConfig || !strings.Contains(err.Error(), "discover[].allow") {
		t.Errorf("%v", err)
	}
	c, err := allowances{allowLoopback}.dialer().DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
}

func toJSON(t *testing.T, text string) string {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// FuzzKubeconfigOfASecret checks that no content of a Secret makes the exporter read a file or run a program.
func FuzzKubeconfigOfASecret(f *testing.F) {
	f.Add([]byte(kubeconfigWith("", "token: t0ken")))
	f.Add([]byte(kubeconfigWith("certificate-authority: /ca", "client-key: k, exec: {command: sh}")))
	f.Add([]byte(kubeconfigWith("insecure-skip-tls-verify: true, proxy-url: 'http://p'", "tokenFile: t, auth-provider: {name: oidc}")))
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		config, reason := fromSecret(data, nil)
		if (config == nil) != (reason != "") || !bytes.Equal(before, data) {
			t.Fatalf("%v, %q", config, reason)
		}
		if config == nil {
			return
		}
		if config.ExecProvider != nil || config.AuthProvider != nil || config.BearerTokenFile != "" || config.Insecure ||
			config.CAFile != "" || config.CertFile != "" || config.KeyFile != "" || !strings.HasPrefix(strings.ToLower(config.Host), "https://") {
			t.Errorf("%s", config)
		}
	})
}
