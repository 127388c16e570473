//! What production refuses to start with.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use support::Kind;
use support::process::{Instance, Site};

use super::PROGRAM;

/// Tries to serve in production with further settings; answers the exit code and what was said.
async fn serve(site: &Site, settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = site.command(&["serve"]);
    command
        .env("PALVELUTORI_MODE", "production")
        .env("PALVELUTORI_AUTH__SIGNING_KEY_FILE", "var/signing_key.pem")
        .envs(settings.iter().copied())
        .stderr(std::process::Stdio::piped());
    let output = command.output().await.expect("the program can be started");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_refuses_what_is_unsafe() {
    let site = Site::new(PROGRAM, Kind::Sqlite).await;
    let demo = Instance::listening(site.command(&["serve"])).await;
    assert!(demo.stop().await.success());

    let (code, said) = serve(&site, &[]).await;
    assert!(
        code == Some(1) && said.contains("people of the demo"),
        "{code:?} {said}"
    );

    let password = [("PALVELUTORI_DATABASE__URL", "postgres://city:secret@localhost/city")];
    let (code, said) = serve(&site, &password).await;
    assert!(
        code == Some(2) && said.contains("fewer than 12 characters"),
        "{code:?} {said}"
    );
    assert!(!said.contains("secret"), "{said}");

    let (code, said) = serve(&site, &[("PALVELUTORI_AUTH__SIGNING_KEY_FILE", "")]).await;
    assert!(
        code == Some(2) && said.contains("auth.signing_key_file"),
        "{code:?} {said}"
    );

    let key = site.folder().join("var/signing_key.pem");
    for mode in [0o640, 0o604] {
        fs::set_permissions(&key, Permissions::from_mode(mode)).expect("it is ours");
        let (code, said) = serve(&site, &[]).await;
        assert!(code == Some(2) && said.contains("by its owner only"), "{code:?} {said}");
    }
    site.finish().await;
}
