//! What an import brings back on purpose reaches the devices that dropped it.

use super::device::Device;
use super::{World, delete, on_both};
use crate::import::{self, Options, mapping::Mapping, tests::MAPPING};
use crate::storage::port::{Organisation, Storage};

on_both!(a_record_that_an_import_brings_back_reaches_its_devices);

const ROWS: &str = "Day,Machine,Text,Cost\n2001-01-05,A,bucket,1\n2001-01-06,B,track,2\n";

fn imported(world: &World<impl Storage>, revive: bool) -> import::Summary {
    let mapping = Mapping::from_toml(MAPPING).unwrap();
    let options = Options {
        revive,
        ..Options::default()
    };
    let file = ROWS.as_bytes();
    import::import(
        (&world.storage, Organisation::ONLY),
        &world.packs,
        (&mapping, options),
        file,
        (&|| world.now(), "olga"),
        |_, _| {},
    )
    .unwrap()
}

fn a_record_that_an_import_brings_back_reaches_its_devices(world: World<impl Storage>) {
    let mut device = Device::new(world.tara());
    assert_eq!(imported(&world, false).imported, 2);
    device.sync(&world, 10);
    let held: Vec<String> = device.holds("order").into_iter().map(str::to_owned).collect();
    assert_eq!(held.len(), 2);
    world.push_one(&world.samir(), delete("gone", &held[0], 1));
    for (revive, holds) in [(false, 1), (true, 2), (true, 2)] {
        let summary = imported(&world, revive);
        assert_eq!((summary.imported, summary.rows), (0, 2));
        device.sync(&world, 10);
        assert_eq!(device.holds("order").len(), holds, "revive: {revive}");
        device.agrees(&world);
    }
    assert_eq!(world.record("order", &held[0]).version, 3);
}
