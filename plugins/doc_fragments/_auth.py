# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection.
"""The options that reach a cluster, as kubernetes.core names them."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of authentication."""

    DOCUMENTATION = r"""
options:
  host:
    description:
      - URL of the API server.
      - Falls back to the environment variable E(K8S_AUTH_HOST).
    type: str
  api_key:
    description:
      - Bearer token to authenticate with.
      - Falls back to E(K8S_AUTH_API_KEY).
    type: str
  kubeconfig:
    description:
      - Path of a kubeconfig file, several paths separated by V(:), or the configuration itself as a dictionary.
      - Falls back to E(K8S_AUTH_KUBECONFIG). Without any option, as with kubectl, E(KUBECONFIG) is used, otherwise
        C(~/.kube/config), otherwise the service account of the Pod that Ansible runs in.
      - Other options take precedence over what the file says, also when its credentials are renewed.
      - A credential plugin (C(exec)) of the user must be installed where Ansible runs. It is started without a terminal
        and must end within 60 seconds.
    type: raw
  context:
    description:
      - Context of the kubeconfig to use.
      - Falls back to E(K8S_AUTH_CONTEXT).
    type: str
  username:
    description:
      - User name for HTTP basic authentication, which some proxies of an API server require.
      - Falls back to E(K8S_AUTH_USERNAME).
    type: str
  password:
    description:
      - Password for HTTP basic authentication.
      - Falls back to E(K8S_AUTH_PASSWORD).
    type: str
  validate_certs:
    description:
      - Whether to verify the API server's certificate. Defaults to the setting of the kubeconfig, otherwise to V(true).
      - Falls back to E(K8S_AUTH_VERIFY_SSL).
    type: bool
    aliases: [verify_ssl]
  ca_cert:
    description:
      - Path of the CA certificates to verify the API server's certificate with.
      - Falls back to E(K8S_AUTH_SSL_CA_CERT).
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description:
      - Path of a client certificate to authenticate with.
      - Falls back to E(K8S_AUTH_CERT_FILE).
    type: path
    aliases: [cert_file]
  client_key:
    description:
      - Path of the key of O(client_cert).
      - Falls back to E(K8S_AUTH_KEY_FILE).
    type: path
    aliases: [key_file]
  proxy:
    description:
      - URL of a proxy for requests and exec streams to the API server, V(http://[USER:PASSWORD@]HOST[:PORT]) or the
        same with V(https://) or V(socks5://). A proxy with V(https://) is verified as the API server is. A SOCKS proxy
        resolves host names itself, as with kubectl.
      - Falls back to E(K8S_AUTH_PROXY), then to C(proxy-url) of the kubeconfig's cluster, then to E(HTTPS_PROXY)
        without the hosts of E(NO_PROXY).
    type: str
  no_proxy:
    description:
      - Hosts, domains and networks that are accessed without O(proxy), separated by commas.
      - Falls back to E(K8S_AUTH_NO_PROXY).
    type: str
  proxy_headers:
    description:
      - Headers for an HTTP proxy, for requests and exec streams.
    type: dict
    suboptions:
      proxy_basic_auth:
        description:
          - User name and password for the proxy, separated by a colon.
          - Falls back to E(K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH).
        type: str
      basic_auth:
        description:
          - User name and password for the C(Authorization) header, separated by a colon.
          - Falls back to E(K8S_AUTH_PROXY_HEADERS_BASIC_AUTH).
        type: str
      user_agent:
        description:
          - The C(User-Agent) header.
          - Falls back to E(K8S_AUTH_PROXY_HEADERS_USER_AGENT).
        type: str
  persist_config:
    description:
      - Whether to save refreshed tokens to the kubeconfig file.
      - Falls back to E(K8S_AUTH_PERSIST_CONFIG).
    type: bool
  impersonate_user:
    description:
      - User to impersonate, for requests and exec streams.
      - Falls back to E(K8S_AUTH_IMPERSONATE_USER), then to C(as) of the kubeconfig's user, as with kubectl; C(as-uid)
        and C(as-user-extra) are taken from there as well.
    type: str
  impersonate_groups:
    description:
      - Groups to impersonate.
      - Falls back to E(K8S_AUTH_IMPERSONATE_GROUPS), separated by commas, then to C(as-groups) of the
        kubeconfig's user.
    type: list
    elements: str
  request_timeout:
    description:
      - Timeout of one request to the API server in seconds.
    type: float
    default: 30.0
requirements:
  - kubernetes >= 24.2
  - websocket-client >= 1.6
  - PyYAML >= 5.1
  - PySocks and python-socks, for a SOCKS proxy
notes:
  - Runs on the controller (C(connection=local)); nothing is installed in the cluster.
  - The options have the same meaning as in C(kubernetes.core.k8s), so both can share one C(module_defaults) block.
"""
