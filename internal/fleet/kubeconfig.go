// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/yamlbound"
)

// load decodes a kubeconfig. client-go replaces each alias by its anchor.
func load(data []byte) (*clientcmdapi.Config, error) {
	if err := yamlbound.Check(data, files.MaxConfig); err != nil {
		return nil, err
	}
	return clientcmd.Load(data)
}

// resolveContext returns the cluster and the user of a context, by default of the current context. It returns an error if
// they are missing, because client-go would then connect to the cluster in which the exporter runs, or to localhost.
func resolveContext(all *clientcmdapi.Config, context string) (*clientcmdapi.Cluster, *clientcmdapi.AuthInfo, error) {
	context = cmp.Or(context, all.CurrentContext)
	if context == "" {
		return nil, nil, errors.New("no current context is set, and none is configured")
	}
	chosen := all.Contexts[context]
	if chosen == nil {
		return nil, nil, fmt.Errorf("it has no context %q", context)
	}
	cluster, user := all.Clusters[chosen.Cluster], all.AuthInfos[chosen.AuthInfo]
	switch {
	case cluster == nil:
		return nil, nil, fmt.Errorf("context %q refers to a cluster that it does not have", context)
	case user == nil && chosen.AuthInfo != "":
		return nil, nil, fmt.Errorf("context %q refers to a user that it does not have", context)
	case user == nil:
		user = clientcmdapi.NewAuthInfo()
	}
	if server, err := url.Parse(cluster.Server); err != nil || server.Host == "" || server.Scheme != "https" && server.Scheme != "http" {
		return nil, nil, fmt.Errorf("the server of context %q is not an http or https URL", context)
	}
	return cluster, user, nil
}

// clientConfig returns the client configuration of a cluster and a user, without any other setting of the kubeconfig.
func clientConfig(cluster *clientcmdapi.Cluster, user *clientcmdapi.AuthInfo) (*rest.Config, error) {
	if err := httpclient.CheckKeys(cluster.CertificateAuthorityData, user.ClientCertificateData, user.ClientKeyData); err != nil {
		return nil, err
	}
	const name = "chosen"
	return clientcmd.NewNonInteractiveClientConfig(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{name: cluster},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{name: user},
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name, AuthInfo: name}},
		CurrentContext: name,
	}, name, &clientcmd.ConfigOverrides{}, nil).ClientConfig()
}

// fromFile returns the client configuration of a context of a kubeconfig file. Files are read here, because client-go would
// read files of any type and size. Only a token file is read by client-go, for each request.
func fromFile(ctx context.Context, path, context string) (*rest.Config, error) {
	data, err := files.Read(ctx, path, files.MaxConfig)
	if err != nil {
		return nil, err
	}
	all, err := load(data)
	if err != nil {
		return nil, err
	}
	cluster, user, err := resolveContext(all, context)
	if err != nil {
		return nil, err
	}
	cluster.LocationOfOrigin, user.LocationOfOrigin = path, path
	if err := clientcmd.ResolveLocalPaths(all); err != nil {
		return nil, err
	}
	if err := readCertificates(ctx, cluster, user); err != nil {
		return nil, err
	}
	tokenFile := user.TokenFile
	if user.TokenFile = ""; tokenFile != "" {
		if _, err := files.Read(ctx, tokenFile, files.MaxCredentials); err != nil {
			return nil, fmt.Errorf("tokenFile: %w", err)
		}
	}
	config, err := clientConfig(cluster, user)
	if err == nil {
		config.BearerTokenFile = tokenFile
	}
	return config, err
}

// readCertificates replaces the file paths of a cluster and a user with the contents of the files.
func readCertificates(ctx context.Context, cluster *clientcmdapi.Cluster, user *clientcmdapi.AuthInfo) (err error) {
	hasCA, hasClient := cluster.CertificateAuthority != "", user.ClientCertificate != "" && user.ClientKey != ""
	for _, f := range []struct {
		key  string
		path *string
		data *[]byte
	}{
		{"certificate-authority", &cluster.CertificateAuthority, &cluster.CertificateAuthorityData},
		{"client-certificate", &user.ClientCertificate, &user.ClientCertificateData},
		{"client-key", &user.ClientKey, &user.ClientKeyData},
	} {
		path := *f.path
		if *f.path = ""; path == "" || len(*f.data) > 0 {
			continue
		}
		if *f.data, err = files.Read(ctx, path, files.MaxCredentials); err != nil {
			return fmt.Errorf("%s: %w", f.key, err)
		}
	}
	if hasCA { // if empty, client-go trusts the CAs of the system
		if _, err := cert.ParseCertsPEM(cluster.CertificateAuthorityData); err != nil {
			return fmt.Errorf("certificate-authority: %w", err)
		}
	}
	if err := httpclient.CheckKeys(cluster.CertificateAuthorityData, user.ClientCertificateData, user.ClientKeyData); err != nil {
		return err
	}
	if hasClient { // one of the two files may have been replaced already
		if _, err := tls.X509KeyPair(user.ClientCertificateData, user.ClientKeyData); err != nil {
			return errors.New("client-certificate and client-key are not a certificate with its key")
		}
	}
	return nil
}

// fromSecret returns the client configuration of a kubeconfig in a Secret, or the reason why it is refused. Such a
// kubeconfig must not run a program or refer to a file, because both would be on the machine of the exporter. Unless
// allowed, it must also verify the server. The reason quotes no part of the kubeconfig.
func fromSecret(data []byte, allow allowances) (*rest.Config, failure.Reason) {
	all, err := load(data)
	if err != nil {
		return nil, ReasonNoKubeconfig
	}
	cluster, user, err := resolveContext(all, "")
	if err != nil {
		return nil, ReasonNoKubeconfig
	}
	switch {
	case user.Exec != nil:
		return nil, ReasonExec
	case user.AuthProvider != nil:
		return nil, ReasonAuthProvider
	case cluster.CertificateAuthority != "", user.ClientCertificate != "", user.ClientKey != "", user.TokenFile != "":
		return nil, ReasonFile
	}
	if reason := allow.refusalReason(cluster, user); reason != "" {
		return nil, reason
	}
	config, err := clientConfig(cluster, user)
	if err != nil || config.ExecProvider != nil || config.AuthProvider != nil {
		return nil, ReasonNoKubeconfig
	}
	if _, err := rest.TLSConfigFor(config); err != nil {
		return nil, ReasonNoKubeconfig // not valid certificates
	}
	config.Dial = allow.dialer().DialContext
	return config, ""
}
