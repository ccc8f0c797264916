//! What happens around the function: wishes change, events are sent, people do by hand what they should not.

use super::{
    account::{Meant, time},
    wishes::{FAMILY, Wish, image},
    world::World,
};
use crate::{decide::Origin, trigger::Goal};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;

impl World {
    pub async fn people_do_things(&self) {
        let steps = self.roll(4, 16);
        for _ in 0..steps {
            let gap = self.dice.borrow_mut().pick(&[1, 100, 100, 1500, 5000, 60_000, 1_200_000]);
            sleep(Duration::from_millis(self.roll(1, gap))).await;
            self.something_happens().await;
            self.tasks_run().await;
            self.what_is_old_expires().await;
        }
    }

    fn roll(&self, first: u64, last: u64) -> u64 {
        self.dice.borrow_mut().between(first, last)
    }

    async fn something_happens(&self) {
        let wish = self.wish.get();
        match self.roll(0, 20) {
            0..=4 => {
                self.wish.set(Wish { image: self.roll(0, 3), ..wish });
                self.send(Meant::Register(Origin::ImagePush));
            }
            5 => {
                self.wish.set(Wish { side: self.roll(0, 2), ..wish });
                self.send(Meant::Register(Origin::ImagePush));
            }
            6..=9 => {
                self.wish.set(Wish { config: self.roll(0, 2), ..wish });
                (0..self.roll(1, 3)).for_each(|_| self.send(Meant::Register(Origin::ConfigChange)));
            }
            10 => self.wish.set(Wish { looked_up: self.roll(0, 2), ..wish }),
            11 => self.send(Meant::Register(Origin::Sweep)),
            12 => self.send(Meant::Register(Origin::Direct)),
            13..=16 => self.somebody_goes_back(),
            17 => {
                for _ in 0..5 {
                    self.send(Meant::RollBack { goal: Goal::Latest, again: false, allow_last: false });
                    sleep(Duration::from_millis(self.roll(1, 60_000))).await;
                }
            }
            18 => self.somebody_registers(),
            _ => self.somebody_cleans_up(),
        }
    }

    fn somebody_goes_back(&self) {
        let newest = self.account.state().revisions.len() as u64;
        let number = u32::try_from(self.roll(1, newest.max(1))).expect("a number");
        let mut dice = self.dice.borrow_mut();
        let goal = dice.pick(&[Goal::Latest, Goal::Latest, Goal::Latest, Goal::Revision(number), Goal::To(number)]);
        let (again, allow_last) = (dice.one_in(3), dice.one_in(8));
        drop(dice);
        self.send(Meant::RollBack { goal, again, allow_last });
    }

    /// With the tags of an old revision, as the console's "create new revision" copies them, or with none.
    fn somebody_registers(&self) {
        let now = self.account.now();
        let old = self.account.state().standing().newest_own().filter(|own| own.registered + 700_000 < now).cloned();
        let tags = match old.filter(|_| self.roll(0, 1) == 0) {
            Some(own) => own.more.body["tags"].clone(),
            None => Value::from([json!({"key": "at", "value": time(now).unix_timestamp().to_string()})].to_vec()),
        };
        let container = json!({"name": "app", "image": image("hotfix", now)});
        let body = json!({"family": FAMILY, "containerDefinitions": [container], "tags": tags});
        self.account.register(&body, None);
    }

    /// Some revision, and leaves one.
    fn somebody_cleans_up(&self) {
        let active: Vec<u32> = self.account.state().standing().active().map(|stood| stood.number).collect();
        if active.len() > 1 {
            let number = self.dice.borrow_mut().pick(&active);
            self.account.deregister(number, None);
        }
    }
}
