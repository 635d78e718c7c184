//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// runAsPod runs what the pods of the release would, one process for each shard.
func runAsPod(t *testing.T, c *testbed.Cluster, program string, objects []*unstructured.Unstructured) {
	t.Helper()
	token, err := c.ServiceAccountToken(t.Context(), chartNamespace, chartName, time.Hour)
	harness.Must(t, err)
	spec, container := podTemplate(t, objects)
	args := stringsOf(container["args"])
	shards := regexp.MustCompile(`--shard=auto/(\d+)`).FindStringSubmatch(strings.Join(args, " "))
	pods := 1
	if shards != nil {
		_, err := fmt.Sscan(shards[1], &pods)
		harness.Must(t, err)
	}
	config := exporterConfig(t, objects)
	first, _ := config["clusters"].([]any)[0].(map[string]any)
	local, _ := first["name"].(string)
	var all []harness.Series
	for i := range pods {
		root := t.TempDir()
		mount(t, c, spec, container, root)
		file := filepath.Join(root, "etc", "cobaltcore-exporter", "config", "exporter.yaml")
		p := podProcess{program: program, root: root, file: file, args: args, shard: fmt.Sprintf("%d/%d", i, pods)}
		p.kubeconfig, p.token = kubeconfigFor(t, c, token), scrapeToken(t, c, objects)
		for _, o := range selectKinds(objects, "Pod") { // that of helm test
			containers, _, err := unstructured.NestedSlice(o.Object, "spec", "containers")
			harness.Must(t, err)
			test, _ := containers[0].(map[string]any)
			p.test = stringsOf(test["args"])
		}
		rows, err := p.run(t, container, func(config map[string]any) {
			runOutsidePod(config, kubeconfigFor(t, c, token))
		})
		harness.Must(t, err)
		all = append(all, rows...)
	}
	checkNothingRefused(t, local, all)
}

// scrapeToken returns a token of the service account that may scrape according to the chart, with the first accepted
// audience; empty if there is none.
func scrapeToken(t *testing.T, c *testbed.Cluster, objects []*unstructured.Unstructured) string {
	t.Helper()
	_, container := podTemplate(t, objects)
	var audiences []string
	for _, a := range stringsOf(container["args"]) {
		if audience, ok := strings.CutPrefix(a, "--web.kubernetes-auth-audience="); ok {
			audiences = append(audiences, audience)
		}
	}
	for _, o := range selectKinds(objects, "ClusterRoleBinding") {
		if o.GetName() != chartNamespace+"-"+chartName+"-metrics" {
			continue
		}
		subjects, _, err := unstructured.NestedSlice(o.Object, "subjects")
		harness.Must(t, err)
		subject, _ := subjects[0].(map[string]any)
		namespace, name := fmt.Sprint(subject["namespace"]), fmt.Sprint(subject["name"])
		harness.Must(t, c.Apply(t.Context(), testbed.NewObject("v1", "ServiceAccount", namespace, name)))
		token, err := c.ServiceAccountToken(t.Context(), namespace, name, time.Hour, audiences...)
		harness.Must(t, err)
		return token
	}
	return ""
}

// podProcess is the container of a pod.
type podProcess struct {
	program, root, file string
	args, test          []string
	shard               string
	// kubeconfig is that of the pod, and token that of a Prometheus where Kubernetes decides.
	kubeconfig, token string
}

// localPath replaces the directory of the files by its path on this machine, in arguments or a text.
func (p podProcess) localPath(text string) string {
	const etc = "/etc/cobaltcore-exporter/"
	return strings.ReplaceAll(text, etc, filepath.Join(p.root, etc)+string(filepath.Separator))
}

// run starts it, waits for it as a kubelet does and scrapes it as Prometheus does.
func (p podProcess) run(t *testing.T, container map[string]any, change func(config map[string]any)) ([]harness.Series, error) {
	t.Helper()
	text, err := os.ReadFile(p.file)
	harness.Must(t, err)
	var config map[string]any
	harness.Must(t, yaml.Unmarshal(text, &config))
	change(config)
	text, err = yaml.Marshal(config)
	harness.Must(t, err)
	harness.Must(t, os.WriteFile(p.file, []byte(p.localPath(string(text))), 0o600))

	numbers, err := testbed.FreePorts(2)
	harness.Must(t, err)
	ports := map[string]int{}
	var args []string
	for _, a := range p.args {
		if a == "--web.kubernetes-auth" { // nothing here is in the cluster
			args = append(args, "--web.kubernetes-auth-kubeconfig="+p.kubeconfig)
		}
		a = strings.Replace(p.localPath(a), "--shard=auto/"+p.shard[strings.Index(p.shard, "/")+1:], "--shard="+p.shard, 1)
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
	if len(p.test) > 0 {
		out, err := exec.CommandContext(t.Context(), p.program, strings.Fields(p.localPath(strings.Join(p.test, " ")))...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "is valid") {
			t.Errorf("the test of helm test fails: %v: %s", err, out)
		}
	}
	running, err := testbed.Start(harness.WithoutCancel(t), t.TempDir(), testbed.Command{Name: "exporter", Path: p.program, Args: args, Env: env})
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, running.Stop) })

	scheme, probes, protected := "http", numbers[0], p.token != ""
	if ports["--web.probe-address=:"] != 0 {
		probes = numbers[1]
	}
	if slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--web.config.file=") && strings.Contains(a, "/web/") }) {
		scheme, protected = "https", true
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
	credentials := "Basic " + base64.StdEncoding.EncodeToString([]byte("prometheus:password"))
	if p.token != "" {
		credentials = "Bearer " + p.token
	}
	body, err := httpGet(t.Context(), url, credentials)
	if err != nil {
		return nil, err
	}
	return harness.Parse(body)
}

func httpGet(ctx context.Context, url, credentials string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	if credentials != "" {
		request.Header.Set("Authorization", credentials)
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

// mount does what a kubelet does with the volumes of a pod: the files of ConfigMaps and
// Secrets, and tokens, appear below root.
func mount(t *testing.T, c *testbed.Cluster, spec, container map[string]any, root string) {
	t.Helper()
	from, tokens := map[string]*unstructured.Unstructured{}, map[string]map[string]any{}
	volumes, _, err := unstructured.NestedSlice(spec, "volumes")
	harness.Must(t, err)
	for _, v := range volumes {
		v, _ := v.(map[string]any)
		name, _ := v["name"].(string)
		if sources, ok, _ := unstructured.NestedSlice(v, "projected", "sources"); ok {
			source, _ := sources[0].(map[string]any)
			tokens[name], _ = source["serviceAccountToken"].(map[string]any)
		}
		if secret, ok, _ := unstructured.NestedString(v, "secret", "secretName"); ok {
			from[name] = testbed.NewObject("v1", "Secret", chartNamespace, secret)
		}
		if configMap, ok, _ := unstructured.NestedString(v, "configMap", "name"); ok {
			from[name] = testbed.NewObject("v1", "ConfigMap", chartNamespace, configMap)
		}
	}
	mounts, _, err := unstructured.NestedSlice(container, "volumeMounts")
	harness.Must(t, err)
	for _, m := range mounts {
		m, _ := m.(map[string]any)
		name, _ := m["name"].(string)
		path, _ := m["mountPath"].(string)
		dir := filepath.Join(root, path)
		harness.Must(t, os.MkdirAll(dir, 0o755))
		if want := tokens[name]; want != nil {
			token, err := c.ServiceAccountToken(t.Context(), chartNamespace, chartName, time.Hour, fmt.Sprint(want["audience"]))
			harness.Must(t, err)
			harness.Must(t, os.WriteFile(filepath.Join(dir, fmt.Sprint(want["path"])), []byte(token), 0o600))
		}
		source := from[name]
		if source == nil {
			continue // an emptyDir, or a token
		}
		object, err := c.Get(t.Context(), source)
		harness.Must(t, err)
		data, _, err := unstructured.NestedStringMap(object.Object, "data")
		harness.Must(t, err)
		for key, text := range data {
			content := []byte(text)
			if object.GetKind() == "Secret" {
				content, err = base64.StdEncoding.DecodeString(text)
				harness.Must(t, err)
			}
			harness.Must(t, os.WriteFile(filepath.Join(dir, key), content, 0o600))
		}
	}
}
