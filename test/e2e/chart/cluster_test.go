//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// seedCluster gives a cluster all kinds that the exporter watches, and the objects that the values of
// the tests refer to.
func seedCluster(t *testing.T, c *testbed.Cluster) {
	t.Helper()
	crds := harness.FluxCRDs(t)
	for _, more := range []func() ([]*unstructured.Unstructured, error){
		testbed.GreenhouseCRDs, testbed.MonitoringCRDs,
		func() ([]*unstructured.Unstructured, error) { return testbed.ESOCRDs(t.Context()) },
		func() ([]*unstructured.Unstructured, error) { return testbed.CertManagerCRDs(t.Context()) },
	} {
		found, err := more()
		harness.Must(t, err)
		crds = append(crds, found...)
	}
	harness.Must(t, c.ApplyCRDs(t.Context(), crds...))
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	objects, err := testbed.LoadDir(filepath.Join(root, "test", "fleet", "management"))
	harness.Must(t, err)
	objects = slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetAPIVersion() == "v1" })
	harness.Must(t, c.Apply(t.Context(), objects...))
	// The strictest of the Pod Security Standards.
	namespace := testbed.NewObject("v1", "Namespace", "", chartNamespace)
	namespace.SetLabels(map[string]string{"pod-security.kubernetes.io/enforce": "restricted"})
	harness.Must(t, c.Apply(t.Context(), namespace))
	for _, namespace := range []string{"flux-system", harness.Organization, "c5c3-clusters", "openbao-system", "edge"} {
		harness.Must(t, c.CreateNamespace(t.Context(), namespace))
	}
	// A pod with metrics, at an address to which the API server refuses to forward requests, and
	// a Secret that is discovered by its label.
	labelled := harness.SecretWith("c5c3-clusters", "tenant-kubeconfig", "Opaque", "kubeconfig", []byte("none"))
	labelled.SetLabels(map[string]string{"sigs.k8s.io/multicluster-runtime-kubeconfig": "true"})
	harness.Must(t, c.Apply(t.Context(),
		harness.ControllerPod("flux-system", "flux-operator-0", "flux-operator", "127.0.0.1", "http-metrics"), labelled,
	))
}

// webSecrets are the Secrets that all.yaml names: a certificate, a user, kubeconfigs.
func webSecrets(t *testing.T, kubeconfig []byte) []*unstructured.Unstructured {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	harness.Must(t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	harness.Must(t, err)
	private, err := x509.MarshalECPrivateKey(key)
	harness.Must(t, err)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pair := map[string][]byte{
		"tls.crt": certificate, "tls.key": pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}), "ca.crt": certificate,
	}
	hash, err := bcrypt.GenerateFromPassword([]byte("password"), bcrypt.MinCost)
	harness.Must(t, err)
	// Relative to the file itself: the real path is not there.
	web := fmt.Sprintf("tls_server_config: {cert_file: ../web-tls/tls.crt, key_file: ../web-tls/tls.key}\nbasic_auth_users: {prometheus: %q}\n", hash)
	secret := func(name, kind string, data map[string][]byte) *unstructured.Unstructured {
		o := testbed.NewObject("v1", "Secret", chartNamespace, name)
		encoded := map[string]any{}
		for key, value := range data {
			encoded[key] = base64.StdEncoding.EncodeToString(value)
		}
		o.Object["type"], o.Object["data"] = kind, encoded
		return o
	}
	return []*unstructured.Unstructured{
		secret("exporter-tls", "kubernetes.io/tls", pair), secret("openbao-exporter-tls", "kubernetes.io/tls", pair),
		secret("exporter-web", "Opaque", map[string][]byte{"web.yaml": []byte(web)}),
		secret("cobaltcore-kubeconfigs", "Opaque", map[string][]byte{"storage": kubeconfig}),
	}
}
