// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const (
	startDeadline = 90 * time.Second // enough for a machine that is busy with other tests
	adminToken    = "admin-token"
)

// Cluster is an etcd and a kube-apiserver with RBAC. It has no controllers, so nothing is garbage-collected and no Deployment becomes
// ready.
type Cluster struct {
	Name       string
	Dir        string       // logs, certificates, data
	URL        string       // https://127.0.0.1:port, not changed by restarts
	Kubeconfig string       // path of a kubeconfig of an administrator
	Config     *rest.Config // the same as Kubeconfig, without client-side rate limit
	Dynamic    dynamic.Interface

	etcd      *Process
	etcdURL   string
	apiServer *Process
	command   Command // command of the API server
	mapper    *restmapper.DeferredDiscoveryRESTMapper
	http      *http.Client
}

// StartCluster starts a cluster with its files in dir/name and waits until it is ready. It runs until Stop or the end of ctx. The
// arguments are added to those of the API server.
func StartCluster(ctx context.Context, dir, name string, arguments ...string) (*Cluster, error) {
	c := &Cluster{Name: name, Dir: filepath.Join(dir, name)}
	if err := c.start(ctx, arguments); err != nil {
		return nil, errors.Join(fmt.Errorf("testbed: cluster %s: %w", name, err), c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, arguments []string) error {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	c.Dir = dir
	etcd, err := Tool(ctx, "etcd")
	if err != nil {
		return err
	}
	apiServer, err := Tool(ctx, "kube-apiserver")
	if err != nil {
		return err
	}
	ports, err := FreePorts(3)
	if err != nil {
		return err
	}
	etcdURL, peerURL := "http://"+loopback(ports[0]), "http://"+loopback(ports[1])
	c.etcdURL = etcdURL
	c.URL = "https://" + loopback(ports[2])
	if err := c.writeCredentials(); err != nil {
		return err
	}
	c.etcd, err = Start(ctx, dir, Command{Name: "etcd", Path: etcd, Args: []string{
		"--name=default", "--data-dir=" + c.filePath("etcd"), "--log-level=warn", "--unsafe-no-fsync",
		"--quota-backend-bytes=8589934592", // the default of 2 GiB is too small for load tests
		"--listen-client-urls=" + etcdURL, "--advertise-client-urls=" + etcdURL,
		"--listen-peer-urls=" + peerURL, "--initial-advertise-peer-urls=" + peerURL, "--initial-cluster=default=" + peerURL,
	}})
	if err != nil {
		return err
	}
	client := plainClient()
	if err := c.etcd.WaitReady(ctx, startDeadline, func(ctx context.Context) error {
		return httpOK(ctx, client, etcdURL+"/health")
	}); err != nil {
		return err
	}
	c.command = Command{Name: "kube-apiserver", Path: apiServer, Abrupt: true, Args: append([]string{
		"--etcd-servers=" + etcdURL, "--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", ports[2]),
		"--cert-dir=" + c.filePath("certs"), "--token-auth-file=" + c.filePath("tokens.csv"), "--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + c.filePath("sa.key"), "--service-account-signing-key-file=" + c.filePath("sa.key"),
		"--service-cluster-ip-range=10.96.0.0/24", "--disable-admission-plugins=ServiceAccount", "--profiling=false",
	}, arguments...)}
	if c.apiServer, err = Start(ctx, dir, c.command); err != nil {
		return err
	}
	if err := c.connect(ctx); err != nil {
		return err
	}
	return c.waitReady(ctx)
}

// connect creates the clients and the kubeconfig as soon as the API server has written its certificate.
func (c *Cluster) connect(ctx context.Context) error {
	var ca []byte
	if err := c.apiServer.WaitReady(ctx, startDeadline, func(context.Context) (err error) {
		// The server writes the key after the certificate.
		if _, err = os.Stat(c.filePath("certs", "apiserver.key")); err == nil {
			ca, err = os.ReadFile(c.filePath("certs", "apiserver.crt"))
		}
		return err
	}); err != nil {
		return err
	}
	c.Kubeconfig = c.filePath("kubeconfig")
	config := clientcmdapi.NewConfig()
	config.Clusters[c.Name] = &clientcmdapi.Cluster{Server: c.URL, CertificateAuthorityData: ca}
	config.AuthInfos["admin"] = &clientcmdapi.AuthInfo{Token: adminToken}
	config.Contexts[c.Name] = &clientcmdapi.Context{Cluster: c.Name, AuthInfo: "admin"}
	config.CurrentContext = c.Name
	if err := clientcmd.WriteToFile(*config, c.Kubeconfig); err != nil {
		return fmt.Errorf("write kubeconfig: %w", err)
	}
	restConfig, err := clientcmd.NewDefaultClientConfig(*config, nil).ClientConfig()
	if err != nil {
		return err
	}
	restConfig.QPS = -1
	restConfig.WarningHandler = rest.NewWarningWriter(os.Stderr, rest.WarningWriterOptions{Deduplicate: true})
	c.Config = restConfig
	if c.http, err = rest.HTTPClientFor(restConfig); err != nil {
		return err
	}
	if c.Dynamic, err = dynamic.NewForConfigAndClient(restConfig, c.http); err != nil {
		return err
	}
	discovery, err := discovery.NewDiscoveryClientForConfigAndClient(restConfig, c.http)
	if err != nil {
		return err
	}
	c.mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(discovery))
	return nil
}

func (c *Cluster) waitReady(ctx context.Context) error {
	return c.apiServer.WaitReady(ctx, startDeadline, func(ctx context.Context) error {
		return httpOK(ctx, c.http, c.URL+"/readyz")
	})
}

// Stop ends both processes. The files stay.
func (c *Cluster) Stop() error {
	err := errors.Join(c.StopAPIServer(), c.etcd.Stop())
	if c.http != nil {
		c.http.CloseIdleConnections()
	}
	return err
}

// StopAPIServer ends the API server, so that the cluster cannot be reached. etcd keeps running.
func (c *Cluster) StopAPIServer() error { return c.apiServer.Stop() }

// StartAPIServer starts the stopped API server again with the same port and certificate, and waits until it is ready. It runs until
// Stop or the end of ctx.
func (c *Cluster) StartAPIServer(ctx context.Context) error {
	p, err := Start(ctx, c.Dir, c.command)
	if err != nil {
		return fmt.Errorf("testbed: cluster %s: %w", c.Name, err)
	}
	c.apiServer = p
	if err := c.waitReady(ctx); err != nil {
		return fmt.Errorf("testbed: cluster %s: %w", c.Name, err)
	}
	return nil
}

// RestartAPIServer stops the API server and starts it again, see StartAPIServer.
func (c *Cluster) RestartAPIServer(ctx context.Context) error {
	return errors.Join(c.StopAPIServer(), c.StartAPIServer(ctx))
}

// APIServer returns the API server's process, which changes when it is restarted.
func (c *Cluster) APIServer() *Process { return c.apiServer }

// Etcd returns etcd's process.
func (c *Cluster) Etcd() *Process { return c.etcd }

func (c *Cluster) filePath(elements ...string) string {
	return filepath.Join(append([]string{c.Dir}, elements...)...)
}

// writeCredentials writes the administrator's token and the key that signs the tokens of service accounts.
func (c *Cluster) writeCredentials() error {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(c.filePath("tokens.csv"), []byte(adminToken+",admin,admin,system:masters\n"), 0o600); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	return os.WriteFile(c.filePath("sa.key"), block, 0o600)
}
