// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"net/url"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// fromSecret makes the client configuration of a kubeconfig that somebody has put
// into a Secret. Such a kubeconfig must be complete in itself: it may neither run
// a program nor name a file, which would be one of the exporter's, and it must
// verify the server that its credentials are sent to. The reason says why it is
// refused; no part of the kubeconfig is quoted.
func fromSecret(data []byte, allowInsecure bool) (*rest.Config, failure.Reason) {
	all, err := clientcmd.Load(data)
	if err != nil {
		return nil, ReasonNoKubeconfig
	}
	current := all.Contexts[all.CurrentContext]
	if current == nil {
		return nil, ReasonNoKubeconfig
	}
	cluster, user := all.Clusters[current.Cluster], all.AuthInfos[current.AuthInfo]
	if cluster == nil || user == nil && current.AuthInfo != "" {
		return nil, ReasonNoKubeconfig
	}
	if user == nil {
		user = clientcmdapi.NewAuthInfo()
	}
	server, err := url.Parse(cluster.Server)
	switch {
	case err != nil || server.Host == "" || server.Scheme != "https" && server.Scheme != "http":
		return nil, ReasonNoKubeconfig
	case user.Exec != nil:
		return nil, ReasonExec
	case user.AuthProvider != nil:
		return nil, ReasonAuthProvider
	case cluster.CertificateAuthority != "", user.ClientCertificate != "", user.ClientKey != "", user.TokenFile != "":
		return nil, ReasonFile
	case !allowInsecure && (cluster.InsecureSkipTLSVerify || server.Scheme == "http"):
		return nil, ReasonInsecure
	}
	// Only what was looked at is used.
	const name = "discovered"
	config, err := clientcmd.NewNonInteractiveClientConfig(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{name: cluster},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{name: user},
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name, AuthInfo: name}},
		CurrentContext: name,
	}, name, &clientcmd.ConfigOverrides{}, nil).ClientConfig()
	if err != nil || config.ExecProvider != nil || config.AuthProvider != nil {
		return nil, ReasonNoKubeconfig
	}
	if _, err := rest.TLSConfigFor(config); err != nil {
		return nil, ReasonNoKubeconfig // certificates that are none
	}
	return config, ""
}
