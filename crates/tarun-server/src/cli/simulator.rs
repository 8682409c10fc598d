//! `tarun simulator`: Meta's side, on this machine.

use clap::Args as ClapArgs;
use tarun_simulator::Options;
use tokio_util::sync::CancellationToken;

#[derive(ClapArgs)]
pub struct Args {
    #[command(flatten)]
    options: Options,
}

pub fn run(args: Args) -> anyhow::Result<()> {
    super::tokio()?.block_on(async move {
        let stop = CancellationToken::new();
        let running = tarun_simulator::serve(args.options.into_config()?, stop.clone()).await?;
        let address = running.graph_url();
        println!("The phone: {address}\nStart Tarun with WHATSAPP_GRAPH_URL={address}");
        super::up::wait().await?;
        stop.cancel();
        running.stopped().await;
        Ok(())
    })
}
