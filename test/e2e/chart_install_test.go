//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// chartCluster is a cluster with everything that the exporter watches, and what the
// values of the tests refer to.
func chartCluster(t *testing.T) *testbed.Cluster {
	t.Helper()
	c := startCluster(t, "management")
	crds := fluxCRDs(t)
	for _, more := range []func() ([]*unstructured.Unstructured, error){
		testbed.GreenhouseCRDs, testbed.MonitoringCRDs,
		func() ([]*unstructured.Unstructured, error) { return testbed.ESOCRDs(t.Context()) },
	} {
		found, err := more()
		must(t, err)
		crds = append(crds, found...)
	}
	must(t, c.ApplyCRDs(t.Context(), crds...))
	root, err := testbed.RepoRoot()
	must(t, err)
	objects, err := testbed.LoadDir(filepath.Join(root, "test", "fleet", "management"))
	must(t, err)
	objects = slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetAPIVersion() == "v1" })
	must(t, c.Apply(t.Context(), objects...))
	// The strictest of the Pod Security Standards.
	namespace := testbed.NewObject("v1", "Namespace", "", chartNamespace)
	namespace.SetLabels(map[string]string{"pod-security.kubernetes.io/enforce": "restricted"})
	must(t, c.Apply(t.Context(), namespace))
	for _, namespace := range []string{"flux-system", organization, "c5c3-clusters", "openbao-system", "edge"} {
		must(t, c.CreateNamespace(t.Context(), namespace))
	}
	// A pod that has metrics, at an address to which the API server is no proxy; and
	// a Secret that is found by its label.
	labelled := secretWith("c5c3-clusters", "tenant-kubeconfig", "Opaque", "kubeconfig", []byte("none"))
	labelled.SetLabels(map[string]string{"sigs.k8s.io/multicluster-runtime-kubeconfig": "true"})
	must(t, c.Apply(t.Context(),
		controllerPod("flux-system", "flux-operator-0", "flux-operator", "127.0.0.1", "http-metrics"), labelled,
	))
	return c
}

// webSecrets are the Secrets that all.yaml names: a certificate, a user, kubeconfigs.
func webSecrets(t *testing.T, kubeconfig []byte) []*unstructured.Unstructured {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	must(t, err)
	private, err := x509.MarshalECPrivateKey(key)
	must(t, err)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pair := map[string][]byte{
		"tls.crt": certificate, "tls.key": pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}), "ca.crt": certificate,
	}
	hash, err := bcrypt.GenerateFromPassword([]byte("password"), bcrypt.MinCost)
	must(t, err)
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

// TestChartOnAPIServer: for each set of values the API server takes every object, Helm
// installs, upgrades, rolls back and leaves nothing, and in between the exporter runs
// as the pod would, with the token of its account, and nothing is refused to it.
func TestChartOnAPIServer(t *testing.T) {
	t.Parallel()
	c := chartCluster(t)
	program := buildExporter(t)
	kubeconfig, err := os.ReadFile(c.Kubeconfig)
	must(t, err)
	must(t, c.Apply(t.Context(), webSecrets(t, kubeconfig)...))
	strict(t, c, rendered(t, "all"))
	for _, set := range chartSets() {
		t.Run(set, func(t *testing.T) {
			if set == "all" { // the chart makes it elsewhere only
				probe := testbed.NewObject("v1", "ServiceAccount", chartNamespace, "login-probe")
				must(t, c.Apply(t.Context(), probe))
				defer func() { must(t, c.Delete(t.Context(), probe)) }()
			}
			objects := rendered(t, set)
			must(t, c.DryRun(t.Context(), objects...))
			if set != "remote" { // nobody makes pods of a Deployment here, and only pods are checked
				pod := testbed.NewObject("v1", "Pod", chartNamespace, "restricted")
				spec, _ := podTemplate(t, objects)
				pod.Object["spec"] = spec
				must(t, c.DryRun(t.Context(), pod))
			}
			args := []string{chartRelease, chartDir(t), "--namespace", chartNamespace, "--values", valuesFile(set)}
			notes, err := c.Helm(t.Context(), append([]string{"install"}, args...)...)
			must(t, err)
			checkNotes(t, set, string(notes))
			releaseIsSmall(t, c)
			hasRoles(t, c, chartName, objects)
			if set == "remote" {
				runWithAccount(t, c)
			} else {
				runAsPod(t, c, program, objects)
			}
			_, err = c.Helm(t.Context(), append([]string{"upgrade", "--set", "log.level=debug,config.staleAfter=7m"}, args...)...)
			must(t, err)
			upgraded, err := c.Helm(t.Context(), "get", "manifest", chartRelease, "--namespace", chartNamespace)
			must(t, err)
			if set != "remote" && exporterConfig(t, decoded(t, upgraded))["staleAfter"] != "7m" {
				t.Error("the upgrade has not changed the configuration")
			}
			_, err = c.Helm(t.Context(), "rollback", chartRelease, "1", "--namespace", chartNamespace)
			must(t, err)
			_, err = c.Helm(t.Context(), "uninstall", chartRelease, "--namespace", chartNamespace)
			must(t, err)
			for _, o := range objects {
				if _, err := c.Get(t.Context(), o); err == nil {
					t.Errorf("%s %s/%s outlives the release", o.GetKind(), o.GetNamespace(), o.GetName())
				}
			}
		})
	}
}

// strict: the API server would refuse a field that is misspelled, and a pod with privileges.
func strict(t *testing.T, c *testbed.Cluster, objects []*unstructured.Unstructured) {
	t.Helper()
	for _, kind := range []string{"ServiceMonitor", "PrometheusRule", "AlertmanagerConfig", "HTTPRoute", "NetworkPolicy"} {
		o := ofKind(objects, kind)[0].DeepCopy()
		must(t, unstructured.SetNestedField(o.Object, true, "spec", "misspelled"))
		if err := c.DryRun(t.Context(), o); err == nil {
			t.Errorf("the API server takes any field of a %s", kind)
		}
	}
	pod := testbed.NewObject("v1", "Pod", chartNamespace, "privileged")
	pod.Object["spec"], _ = podTemplate(t, objects)
	must(t, unstructured.SetNestedField(pod.Object, true, "spec", "hostNetwork"))
	if err := c.DryRun(t.Context(), pod); err == nil {
		t.Error("the API server takes any pod")
	}
}

// checkNotes: what is left to do by hand is said with the names of this release.
func checkNotes(t *testing.T, set, notes string) {
	t.Helper()
	says := map[string][]string{
		"defaults": {"port-forward service/" + chartName + " 9876", "http://localhost:9876/"},
		"all": {
			"https://localhost:9876/", "bao policy write cobaltcore-exporter", "bao write auth/kubernetes/management/role/cobaltcore-exporter",
			"bound_service_account_names=" + chartName + " bound_service_account_namespaces=" + chartNamespace,
			"bao write auth/kubernetes/{cluster}/role/cobaltcore-exporter-probe", "bound_service_account_names=login-probe",
			"path \"sys/storage/raft/autopilot/state\" {\n    capabilities = [\"read\"]",
		},
		"remote": {"get secret " + chartName + "-token", "config set-credentials exporter"},
	}
	for _, text := range says[set] {
		if !strings.Contains(notes, text) {
			t.Errorf("the notes do not say %q:\n%s", text, notes)
		}
	}
	if set == "defaults" && strings.Contains(notes, "bao ") {
		t.Error("the notes speak of OpenBao, which is not configured")
	}
}

// releaseIsSmall: Helm keeps the chart and what it renders to in one Secret, which has
// at most a MiB.
func releaseIsSmall(t *testing.T, c *testbed.Cluster) {
	t.Helper()
	secret, err := c.Get(t.Context(), testbed.NewObject("v1", "Secret", chartNamespace, "sh.helm.release.v1."+chartRelease+".v1"))
	must(t, err)
	data, _, err := unstructured.NestedString(secret.Object, "data", "release")
	must(t, err)
	size := base64.StdEncoding.DecodedLen(len(data))
	t.Logf("the release is %d KiB", size>>10)
	if size > 900<<10 {
		t.Errorf("the release is %d bytes, and Kubernetes takes 1 MiB", size)
	}
}

// runWithAccount runs an exporter elsewhere, which has the remote account.
func runWithAccount(t *testing.T, c *testbed.Cluster) {
	t.Helper()
	token, err := c.ServiceAccountToken(t.Context(), chartNamespace, chartName, time.Hour)
	must(t, err)
	e := startExporter(t, fmt.Sprintf("clusters: [{name: storage, kubeconfig: {path: %s}}]\n", kubeconfigFor(t, c, token)))
	e.ready(t)
	all, err := e.scrape(t.Context())
	must(t, err)
	nothingRefused(t, "storage", all)
}

// nothingRefused: the cluster is watched completely.
func nothingRefused(t *testing.T, cluster string, all []series) {
	t.Helper()
	if found := forbidden(all); len(found) > 0 {
		t.Errorf("the account may not do everything: %s", strings.Join(found, "\n"))
	}
	label := "cluster"
	if len(find(all, series{"": "cobaltcore_cluster_up", "clusterName": cluster})) > 0 {
		label = "clusterName"
	}
	if len(find(all, series{"": "cobaltcore_cluster_up", label: cluster, "=": "1"})) != 1 {
		t.Errorf("cluster %s is not up", cluster)
	}
	if missing := find(all, series{"": "cobaltcore_watch_synced", label: cluster, "=": "0"}); len(missing) > 0 {
		t.Errorf("not complete: %v", missing)
	}
	if n := len(find(all, series{"": "cobaltcore_watch_synced", label: cluster, "=": "1"})); n < 15 {
		t.Errorf("%d kinds are watched", n)
	}
}

// runAsPod runs what the pods of the release would, one process for each shard.
func runAsPod(t *testing.T, c *testbed.Cluster, program string, objects []*unstructured.Unstructured) {
	t.Helper()
	token, err := c.ServiceAccountToken(t.Context(), chartNamespace, chartName, time.Hour)
	must(t, err)
	spec, container := podTemplate(t, objects)
	args := stringsOf(container["args"])
	shards := regexp.MustCompile(`--shard=auto/(\d+)`).FindStringSubmatch(strings.Join(args, " "))
	pods := 1
	if shards != nil {
		_, err := fmt.Sscan(shards[1], &pods)
		must(t, err)
	}
	config := exporterConfig(t, objects)
	first, _ := config["clusters"].([]any)[0].(map[string]any)
	local, _ := first["name"].(string)
	var all []series
	for i := range pods {
		root := t.TempDir()
		mount(t, c, spec, container, root)
		file := filepath.Join(root, "etc", "cobaltcore-exporter", "config", "exporter.yaml")
		rows, err := process{program: program, root: root, file: file, args: args, shard: fmt.Sprintf("%d/%d", i, pods)}.run(t, container, func(config map[string]any) {
			outside(config, kubeconfigFor(t, c, token))
		})
		must(t, err)
		all = append(all, rows...)
	}
	nothingRefused(t, local, all)
}

// process is the container of a pod.
type process struct {
	program, root, file string
	args                []string
	shard               string
}

// run starts it, waits for it as a kubelet does and scrapes it as Prometheus does.
func (p process) run(t *testing.T, container map[string]any, change func(config map[string]any)) ([]series, error) {
	t.Helper()
	text, err := os.ReadFile(p.file)
	must(t, err)
	var config map[string]any
	must(t, yaml.Unmarshal(text, &config))
	change(config)
	text, err = yaml.Marshal(config)
	must(t, err)
	const etc = "/etc/cobaltcore-exporter/"
	here := filepath.Join(p.root, etc) + string(filepath.Separator)
	must(t, os.WriteFile(p.file, []byte(strings.ReplaceAll(string(text), etc, here)), 0o600))

	numbers, err := testbed.FreePorts(2)
	must(t, err)
	ports := map[string]int{}
	var args []string
	for _, a := range p.args {
		a = strings.ReplaceAll(a, etc, here)
		a = strings.Replace(a, "--shard=auto/"+p.shard[strings.Index(p.shard, "/")+1:], "--shard="+p.shard, 1)
		for i, flag := range []string{"--web.listen-address=:", "--web.probe-address=:"} {
			if strings.HasPrefix(a, flag) {
				ports[flag] = numbers[i]
				a = fmt.Sprintf("%s127.0.0.1:%d", strings.TrimSuffix(flag, ":"), numbers[i])
			}
		}
		args = append(args, a)
	}
	var env []string
	variables, _ := container["env"].([]any)
	for _, v := range variables {
		v, _ := v.(map[string]any)
		env = append(env, fmt.Sprint(v["name"], "=", v["value"]))
	}
	if out, err := exec.CommandContext(t.Context(), p.program, "check-config", "--config="+p.file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	running, err := testbed.Start(lasting(t), t.TempDir(), testbed.Command{Name: "exporter", Path: p.program, Args: args, Env: env})
	must(t, err)
	t.Cleanup(func() { stop(t, running.Stop) })

	protected := ports["--web.probe-address=:"] != 0
	scheme, probes := "http", numbers[0]
	if protected {
		scheme, probes = "https", numbers[1]
	}
	if err := running.WaitReady(t.Context(), time.Minute, func(ctx context.Context) error {
		_, err := httpGet(ctx, fmt.Sprintf("http://127.0.0.1:%d/-/ready", probes), "")
		return err
	}); err != nil {
		return nil, err
	}
	url := fmt.Sprintf("%s://127.0.0.1:%d/metrics", scheme, numbers[0])
	if protected {
		if _, err := httpGet(t.Context(), url, ""); err == nil {
			t.Error("anybody may scrape")
		}
	}
	body, err := httpGet(t.Context(), url, "password")
	if err != nil {
		return nil, err
	}
	return parse(body)
}

func httpGet(ctx context.Context, url, password string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	if password != "" {
		request.SetBasicAuth("prometheus", password)
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // one of the test
	}}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, response.Status)
	}
	return body, err
}
