use super::*;

fn fault(change: impl FnOnce(&mut Settings)) -> ConfigError {
    let mut settings = Settings::default();
    change(&mut settings);
    Config::from_settings(&settings).unwrap_err()
}

#[test]
fn the_defaults_are_valid() {
    let config = Config::from_settings(&Settings::default()).unwrap();
    assert_eq!(config.listen.to_string(), "0.0.0.0:8060");
    assert_eq!(config.mode, Mode::Production);
    assert_eq!(config.data_dir(), PathBuf::from("data"));
}

#[test]
fn every_wrong_value_names_its_setting() {
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(fault(|s| s.port = some("eighty")).setting, "PORT");
    assert_eq!(fault(|s| s.server_host = some("here")).setting, "SERVER_HOST");
    assert_eq!(fault(|s| s.metrics_addr = some("9060")).setting, "METRICS_ADDR");
    assert_eq!(fault(|s| s.node_env = some("prod")).setting, "NODE_ENV");
    assert_eq!(fault(|s| s.cors_origin = some("localhost")).setting, "CORS_ORIGIN");
    assert_eq!(fault(|s| s.cors_origin = some("http://a/path")).setting, "CORS_ORIGIN");
    assert_eq!(fault(|s| s.base_path = some("workspace")).setting, "BASE_PATH");
    assert_eq!(fault(|s| s.trusted_proxies = some("proxy")).setting, "TRUSTED_PROXIES");
    assert_eq!(fault(|s| s.jwt_secret = some("short")).setting, "JWT_SECRET");
    assert_eq!(
        fault(|s| s.jwt_secret = some("changeme-changeme-changeme-changeme")).found,
        "found a placeholder"
    );
    assert_eq!(fault(|s| s.jwt_secret_file = some("/no/such/file")).setting, "JWT_SECRET_FILE");
    assert_eq!(fault(|s| s.admin_username = some("root")).setting, "ADMIN_PASSWORD");
    assert_eq!(fault(|s| s.database_url = some("mysql://u:p@h/d")).found, "found the scheme `mysql`");
    assert_eq!(fault(|s| s.loki_url = some("loki:3100")).setting, "LOKI_URL");
    assert_eq!(fault(|s| s.log_level = some("info,workspace_server=loud")).setting, "LOG_LEVEL");
    for silent in ["loud", "verbose", "info,loud", "workspace_server"] {
        assert_eq!(fault(|s| s.log_level = some(silent)).setting, "LOG_LEVEL", "{silent}");
    }
    for path in ["/..", "/.", "/a/../b", "/a/."] {
        assert_eq!(fault(|s| s.base_path = some(path)).setting, "BASE_PATH", "{path}");
    }
    assert_eq!(fault(|s| s.access_token_seconds = some("0")).setting, "ACCESS_TOKEN_SECONDS");
}

#[test]
fn levels_and_filters_are_taken() {
    for filter in ["off", "warn", "DEBUG", "info,workspace_server=debug", "workspace_server=trace, warn"] {
        let settings = Settings { log_level: Some(filter.to_owned()), ..Settings::default() };
        assert_eq!(Config::from_settings(&settings).unwrap().log_filter, filter);
    }
    let settings = Settings { base_path: Some("/team/v1.2/..a".to_owned()), ..Settings::default() };
    assert_eq!(Config::from_settings(&settings).unwrap().base_path, "/team/v1.2/..a");
}

#[test]
fn a_fault_is_one_line() {
    let text = fault(|s| s.port = Some("1\n2".to_owned())).to_string();
    assert_eq!(text, "PORT: found `1 2`; use a number from 0 to 65535");
}

#[test]
fn secrets_are_not_printed() {
    let settings = Settings {
        jwt_secret: Some("k9J2mX7qL4vB8nR3tW6yZ1cF5hD0sG!e".into()),
        loki_url: Some("http://pusher:k9J2mX7q@loki:3100".into()),
        ..Settings::default()
    };
    let printed = format!("{:?}", Config::from_settings(&settings).unwrap());
    assert!(!printed.contains("k9J2mX7q") && !printed.contains("pusher"), "{printed}");
}
