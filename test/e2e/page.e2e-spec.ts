import { type Browser, chromium, type Page } from 'playwright-core';
import { PageSignIn } from '@linekeeper/application';
import { CHROMIUM_FLAGS, chromiumPath } from '../support/chromium';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, onboard, personNumber, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';
import { sdkOf } from '../support/webhook-catcher';

if (chromiumPath === undefined) {
  it.skip('The page (skipped: no Chromium on this machine; set CHROMIUM_PATH)', () => undefined);
} else {
  describe('The page', () => {
    let database: TestDatabase;
    let simulator: TestSimulator;
    let service: TestService;
    let browser: Browser;
    let page: Page;
    const faults: string[] = [];

    beforeAll(async () => {
      [database, simulator, browser] = await Promise.all([
        createTestDatabase(),
        TestSimulator.start({ lines: lineNumbers(3) }),
        chromium.launch({ executablePath: chromiumPath ?? '', args: CHROMIUM_FLAGS }),
      ]);
      service = await TestService.start(database, simulator);
      await raiseMatureFleet(service);
      await onboard(service, personNumber(1));
      page = await browser.newPage();
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        // What the content security policy refuses is told here and nowhere else.
        if (message.text().includes('Content Security Policy')) faults.push(message.text());
      });
    });

    afterAll(async () => {
      await browser.close();
      await service.stop();
      await simulator.stop();
      await database.drop();
    });

    it('shows nothing of the fleet to a stranger', async () => {
      await page.goto(service.url);
      await page.locator('#notice').filter({ hasText: 'Signed out' }).waitFor();
      expect(await page.locator('#fleet').isVisible()).toBe(false);
    });

    it('signs in by a link that works once', async () => {
      const token = await service.nest.get(PageSignIn).createLink('admin');
      await page.goto(`${service.url}/sign-in?token=${token}`);
      await page.locator('#lines tr').nth(2).waitFor();
      const stranger = await (await browser.newContext()).newPage();
      const answer = await stranger.goto(`${service.url}/sign-in?token=${token}`);
      expect(answer?.status()).toBe(401);
    });

    it('stays signed in while the clock of the fleet runs through three days', async () => {
      await simulator.advance(3 * 86_400, 12 * 3_600);
      await page.reload();
      await page.locator('#lines tr').nth(2).waitFor();
    });

    it('shows each line, and a flag as it happens', async () => {
      expect(await page.locator('#lines').innerText()).toContain('0100');
      const flagged = lineNumbers(1)[0] ?? '';
      await ok(simulator.control.post(`/lines/${flagged}/status`, { status: 'FLAGGED' }));
      await simulator.advance(60);
      await page.locator('#lines tr').filter({ hasText: 'flagged' }).waitFor();
      expect(faults).toEqual([]);
    });

    it('shows who could be reached if a line were lost, and a card at Linq that is another', async () => {
      const [, line = ''] = lineNumbers(2);
      await ok(service.admin.post('/v1/admin/jobs/check-line-cards/run', { reason: 'a test' }));
      const row = page.locator('#lines tr').filter({ hasText: line });
      await row.filter({ hasText: 'as the pool says' }).waitFor();
      const actuators = { share: 'observe' };
      await ok(service.admin.put('/v1/admin/actuators', { actuators, reason: 'a test' }));
      await sdkOf(simulator).contactCard.update({ phone_number: line, first_name: 'Mallory' });
      await database.query(`UPDATE line_identities SET seen_at = seen_at - interval '7 hours'`);
      await ok(service.admin.post('/v1/admin/jobs/check-line-cards/run', { reason: 'a test' }));
      await row.filter({ hasText: 'differs: name' }).waitFor();
      // Somebody who was sent no card could not be reached; once they were sent it, they could.
      const { user, assignment, contactCard } = await onboard(service, personNumber(2));
      const own = page.locator('#lines tr').filter({ hasText: assignment.line.phoneNumber });
      await own.getByRole('cell', { name: '0%', exact: true }).waitFor();
      const sent = { version: contactCard.version, channel: 'link' };
      await ok(service.app.post(`/v1/users/${user.id}/contact-card/sent`, sent));
      await own.getByRole('cell', { name: '100%', exact: true }).waitFor();
      expect(faults).toEqual([]);
    });

    it('signs out, and the cookie is worth nothing any more', async () => {
      const [cookie] = await page.context().cookies();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.locator('#notice').filter({ hasText: 'Signed out' }).waitFor();
      expect(await page.context().cookies()).toEqual([]);
      const answer = await fetch(`${service.url}/v1/admin/fleet`, {
        headers: { cookie: `${cookie?.name}=${cookie?.value}` },
      });
      expect(answer.status).toBe(401);
    });

    it('has the description of the API beside it, within its own policy', async () => {
      await page.goto(`${service.url}/docs`);
      await page.getByRole('heading', { name: 'Linekeeper' }).waitFor();
      await page.getByText('/v1/users/{id}/opt-out').waitFor();
      expect(faults).toEqual([]);
    });
  });
}
